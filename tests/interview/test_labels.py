"""The labelling sheet is blind; the comparison finds planted agreement and refuses odd sheets."""

import csv
import html
import io
import json
import random
import re

import pytest

from harness.errors import WrongUseError
from harness.interview.scoring.rubric import DIMENSIONS, rubric
from tests.interview.label_compare import COLUMNS, Rater, main, rater, report, scored
from tests.interview.label_sheet import Answer, answers, key, sheet

N = 60
IDS = [f"voice-{n}" for n in range(N)]
NAMES = frozenset(map(key, IDS))
IDEAS = [expectation.id for expectation in rubric().expectations]
LABELS = [
    [random.Random(n).randint(1, 4) if d else 1 + n % 4 for d in range(len(DIMENSIONS))]
    for n in range(N)
]
SHOWN = [{IDEAS[n % len(IDEAS)], IDEAS[7 * n % len(IDEAS)]} for n in range(N)]


def rows(labels=LABELS, name="Ann", ideas=SHOWN):
    columns = [*COLUMNS, *(["shows"] if ideas else [])]
    return [
        dict(zip(columns, [name, 7, key(i), *levels, " ".join(shown)], strict=False))
        for i, levels, shown in zip(IDS, labels, ideas or [()] * N, strict=True)
    ]


def saved(entries):
    file = io.StringIO()
    writer = csv.DictWriter(file, list(entries[0]))
    writer.writeheader()
    writer.writerows(entries)
    return file.getvalue()


def scores(labels=LABELS):
    levels = ("absent", "mention")
    return "\n".join(
        json.dumps(
            {
                "id": i,
                "scores": dict(zip(DIMENSIONS, label, strict=True)),
                "expectations": {idea: {"level": levels[idea in shown]} for idea in IDEAS},
            }
        )
        for i, label, shown in zip(IDS, labels, SHOWN, strict=True)
    )


def compared(*people, output=None):
    engine, ids = scored(output or scores())
    read = [rater(saved(entries), "sheet.csv", NAMES) for entries in people]
    return list(report([*read, engine], ids))


def kappas(lines):
    return [float(found[1]) for line in lines if (found := re.search(r"kappa (-?\d\.\d\d)", line))]


def test_a_planted_agreement_is_found():
    lines = compared(rows(), rows(name="Ben"))
    assert kappas(lines) == [1.0] * (3 * len(DIMENSIONS))
    assert sum("macro-F1 1.00" in line for line in lines) == 3
    assert lines[-1] == "Levels that differ"


def test_shuffled_labels_agree_by_chance_alone():
    shuffled = random.Random(1).sample(LABELS, N)
    lines = compared(rows(), rows(shuffled, "Ben", ideas=None))
    assert max(map(abs, kappas(lines)[: len(DIMENSIONS)])) < 0.3
    assert not any("macro-F1" in line for line in lines if "Ben" in line)


def test_answers_that_differ_are_listed_the_largest_difference_first():
    other = [list(label) for label in LABELS]
    other[5][1], other[9] = other[5][1] % 4 + 1, [5 - level for level in other[9]]
    lines = compared(rows(), rows(other, "Ben"))
    listed = lines[lines.index("Levels that differ") + 1 :]
    assert [line.split(":")[0].strip() for line in listed] == [IDS[9], IDS[5]]
    assert "Ben" in listed[0] and "scorer" in listed[0]


def test_an_answer_without_a_score_counts_as_the_lowest():
    engine, _ = scored(scores([[None] * len(DIMENSIONS), *LABELS[1:]]))
    assert set(engine.labels[key(IDS[0])].levels.values()) == {1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda e: e.pop(), "lacks answers"),
        (lambda e: e[0].update(answer="0123456789"), "did not score"),
        (lambda e: e.append(e[0]), "twice"),
        (lambda e: e[3].update(stack=""), "no level"),
        (lambda e: e[3].update(stack="5"), "'5' for stack"),
        (lambda e: e[3].update(stack="3.0"), "'3.0' for stack"),
        (lambda e: e[3].update(shows="STK-NONE"), "STK-NONE"),
        (lambda e: e[3].update(rater="Cem"), "one rater"),
        (lambda e: [entry.update(rater=" ") for entry in e], "one rater"),
        (lambda e: [entry.pop("stack") for entry in e], "no saved sheet"),
    ],
)
def test_an_incomplete_or_foreign_sheet_is_refused(change, expected):
    entries = rows()
    change(entries)
    with pytest.raises(WrongUseError, match=re.escape(expected)):
        rater(saved(entries), "sheet.csv", NAMES)


@pytest.mark.parametrize("output", ["", '{"id": 1}', f"{scores()}\n{scores()}"])
def test_output_that_is_not_the_scorers_is_refused(output):
    with pytest.raises(WrongUseError):
        scored(output)


def test_the_same_rater_twice_is_refused(tmp_path):
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "scores.jsonl")]
    for path, text in zip(paths, (saved(rows()), saved(rows()), scores()), strict=True):
        path.write_text(text)
    with pytest.raises(SystemExit, match="same rater"):
        main(paths)


def test_a_sheet_shows_neither_scores_nor_ids_nor_voices(tmp_path):
    lines = [
        {"id": i, "voice": "secret", "text": f"Answer <{n}>", "levels": {"stack": 4}, "why": "hidden",
         "scenario": "S07" if n % 2 else None}
        for n, i in enumerate(IDS)
    ]  # fmt: skip
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = answers(tmp_path)
    page = sheet(found, 7)
    assert not re.search(r"voice-|secret|hidden", page)
    assert set(re.findall(r'data-answer="(\w+)"', page)) == NAMES
    assert "Answer &lt;3&gt;" in page and "Answer <3>" not in page
    for expectation in rubric().expectations:
        assert expectation.says in html.unescape(page)


def test_the_order_follows_from_the_seed_alone():
    found = [Answer(i, i, "", None) for i in IDS]

    def order(seed, given=found):
        return re.findall(r'data-answer="(\w+)"', sheet(given, seed))

    assert order(7) == order(7, found[::-1]) != order(8)


def test_a_folder_without_answers_or_with_the_same_one_twice_is_refused(tmp_path):
    with pytest.raises(WrongUseError, match="has no answers"):
        answers(tmp_path)
    (tmp_path / "a.jsonl").write_text('{"id": 1, "text": "a"}\n{"id": 1, "text": "b"}')
    with pytest.raises(WrongUseError, match="same id"):
        answers(tmp_path)


def test_the_scorer_is_a_rater_with_ideas():
    engine, _ = scored(scores())
    assert isinstance(engine, Rater) and engine.has_ideas
