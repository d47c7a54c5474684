"""Pictures of a verdict: the title says what the marks say."""

import pytest

from harness.show.marks import Bar, finding, marks
from harness.show.paired_run_picture import finding as race_finding
from harness.show.paired_run_picture import paired_run

WAY, SEARCH = Bar("way", 5, 5, "passed"), Bar("search", 12.5, 20, "partly")
OPEN = Bar("under 500", None, 20, "undecided")
PAIRS = [(300.0 + number, 500.0 + number) for number in range(12)]


@pytest.mark.parametrize(
    ("bars", "title"),
    [
        ([WAY], "All of 5 points"),
        ([WAY, SEARCH], "17.5 of 25 points: most are left in search (7.5)"),
        ([WAY, SEARCH, OPEN], "17.5 of 45 points so far: 20 have no verdict yet"),
        ([Bar("memo", 0, 15, "failed")], "0 of 15 points: most are left in memo (15)"),
    ],
)
def test_the_title_is_the_sum_and_where_the_rest_lies(bars, title):
    assert finding(bars) == title
    assert marks(bars).description.splitlines()[0] == title


def test_an_open_mark_is_hatched_and_in_words():
    picture = marks([WAY, OPEN])
    hatched = [bar for bar in picture.axes[0].patches if bar.get_hatch()]
    assert len(hatched) == 1
    assert "under 500: – of 20, undecided" in picture.description


def test_all_pairs_are_dots_and_the_ratio_is_in_the_title():
    picture = paired_run(PAIRS)
    assert [len(dots.get_offsets()) for dots in picture.axes[0].collections] == [12, 12]
    assert "0.60 times" in picture.description
    assert race_finding([(b, a) for a, b in PAIRS]).endswith("not under it")


def test_nothing_is_no_picture():
    for picture in (marks, paired_run):
        with pytest.raises(ValueError, match="at least 1"):
            picture([])
