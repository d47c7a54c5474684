from rich.console import Console

from harness.serve.entry import Division
from harness.show.speedrun import records, speedrun_table, speedrun_text
from tests.unit.show.test_journey_picture import JOURNEY, step


def lines(own=None):
    console = Console(width=160, record=True)
    console.print(speedrun_text(JOURNEY, own))
    return console.export_text().splitlines()


def test_the_record_has_the_kept_steps_with_the_fastest_first_and_the_reference_named():
    assert [row.name for row in records(JOURNEY)] == [
        "the slow assistant",
        "the reference: one passage",
    ]
    table = speedrun_table(JOURNEY)
    assert table.index("one passage") < table.index("the slow assistant")
    assert "8.0 (7.9 to 8.1)" in table and "8 of 9" in table and "Q4_1" not in table
    assert "n = 10" in table and "SIM" in table and "A machine." in table


def test_an_entry_stands_where_its_ratio_puts_it():
    rows = lines(step("mine", 200, 9.0))
    assert [n for n, row in enumerate(rows) if "mine" in row] < [
        n for n, row in enumerate(rows) if "the reference" in row
    ]


def test_answers_without_a_language_model_are_named_so_and_stand_apart():
    own = step("rules", 50, 90.0).model_copy(update={"division": str(Division.NO_MODEL)})
    assert "answers without a language model" in lines(own)[-1] and "rules" in lines(own)[-1]
