from harness.measure.latency.journey import Journey, MeasuredStep, Times
from harness.show.journey_picture import finding, journey_picture, journey_table
from tests.unit.show.figures import in_order


def step(name, ms, ratio, detour=False, p90=None):
    return MeasuredStep(
        name=name,
        cost="a second engine",
        detour=detour,
        division="closed",
        n=10,
        e2e_ms=Times(p50=ms, p90=p90),
        ttft_ms=Times(p50=ms / 2, p90=None),
        ratio=ratio,
        low=ratio - 0.1,
        high=ratio + 0.1,
        exact=8,
        answerable=9,
        refused=1,
        unanswerable=1,
    )


JOURNEY = Journey(
    steps=(
        step("the slow assistant", 3200, 1.0),
        step("one passage", 400, 8.0, p90=460),
        step("Q4_1 instead", 700, 4.6, detour=True),
    ),
    mixed=(step("with a cache", 300, 10.0),),
    machine="A machine.",
    code="abc",
)


def test_the_finding_ignores_steps_that_were_not_kept():
    assert in_order(finding(JOURNEY), "3.2 s", "400 ms", "8.0 times", "8 of 9", "before: 8")


def test_the_table_has_a_row_a_step_and_says_what_it_is():
    table = journey_table(JOURNEY)
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == (2 + 3) + (2 + 1)
    assert "(Q4_1 instead)" in table and "8.0 (7.9 to 8.1)" in table
    assert "460 ms" in table and "–" in table
    assert "n=10" in table and "SIM" in table and "A machine." in table
    assert "20% of the questions come again word for word" in table


def test_the_picture_says_the_same_in_words_and_can_be_drawn(tmp_path):
    picture = journey_picture(JOURNEY)
    assert repr(picture).startswith("3.2 s to 400 ms")
    data, size = picture._repr_png_()
    assert data.startswith(b"\x89PNG") and size["width"] == 864
    (tmp_path / "journey.png").write_bytes(data)
