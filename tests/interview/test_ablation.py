"""The ablation reads each kind of label, and a rubric without patterns credits no words."""

import json

from harness.interview.scoring.rubric import DIMENSIONS, rubric
from harness.interview.scoring.score import Scorer
from tests.interview.ablation import Labelled, from_folder, row, without_patterns

TEXT = "Before I touch anything I would trace a few hundred real requests end to end."


def written(folder, **files):
    for name, entries in files.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, entries)))
    return list(from_folder(folder))


def test_a_folder_has_short_full_and_wrong_answers(tmp_path):
    found = written(
        tmp_path,
        answers=[{"id": 1, "text": "a", "scenario": "S07", "found": {"SYS-TAIL": "applied"}}],
        misconceptions=[{"id": 2, "text": "b", "misconceptions": ["MIS-STREAM-TOTAL"]}],
        full=[{"id": 3, "text": "c", "levels": {"stack": 2}}],
    )
    assert found == [
        Labelled("a", None, "S07", frozenset({"SYS-TAIL"}), frozenset()),
        Labelled("b", wrong=frozenset({"MIS-STREAM-TOTAL"})),
        Labelled("c", levels={"stack": 2}),
    ]


def test_without_patterns_no_words_are_credited():
    scorer = Scorer(rubric(), rubric_is_source=False)
    assert "SYS-MEASURE" in scorer.answer(TEXT).shown
    bare = Scorer(without_patterns(rubric()), rubric_is_source=False)
    assert not bare.answer(TEXT).shown


def test_a_row_has_a_cell_for_each_figure():
    items = [
        Labelled(TEXT, shows=frozenset({"SYS-MEASURE"}), wrong=frozenset()),
        Labelled("Hm.", levels=dict.fromkeys(DIMENSIONS, 1)),
        Labelled(TEXT, levels=dict.fromkeys(DIMENSIONS, 2)),
    ]
    f1, _, recall, *others = row(Scorer(rubric(), rubric_is_source=False), items)
    assert f1.startswith("1.00") and recall == "1.00"
    assert len(others) == 2 + len(DIMENSIONS)
