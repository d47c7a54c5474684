"""The similarity hint: what it finds, what it leaves out, and who sees it."""

import csv
import io

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader.board import board_page, learner_page
from grader.board.overview import board
from grader.board.similar import FEW, NOT_PROVEN, Similar, as_csv, own_passages, pairs
from grader.course.grade_class import Batch
from tests.notebooks import course as notebooks
from tests.unit.grader.checks import golden_submissions
from tests.unit.grader.course.small_course import LAB, handed_in, judge, released, submit, write

GIVEN = "import numpy as np\n\ndef shown(samples):\n    return np.sort(samples)"
SOLUTION = """def percentile(samples_ms, p):
    if (p / 100) ** len(samples_ms) > 0.01:
        raise ValueError("a maximum in disguise")
    return float(np.percentile(samples_ms, p))"""
SHORT = "def total(spans):\n    ends = [span.end for span in spans]\n    return max(ends) - spans[0].start"
OTHER_SHORT = (
    "def total(spans):\n    return max(s.end for s in spans) - min(s.start for s in spans)"
)
ADA = [
    """def breakdown(trace):
    # children first
    own = {span.id: span.end - span.start for span in trace}
    for span in trace:
        if span.parent in own:
            own[span.parent] -= span.end - span.start
    names = sorted({span.name for span in trace})
    return {name: sum(own[s.id] for s in trace if s.name == name) for name in names}""",
    """def ceiling(stages, name, factor=10):
    total = sum(stages.values())
    rest = total - stages.get(name, 0.0)
    if not total or factor <= 0:
        raise ValueError(f"nothing to speed up in {name}")
    return total / (rest + stages[name] / factor)""",
]
RENAMED = [
    source.replace("own", "left").replace("span", "piece").replace("# children first", "")
    for source in ADA
]
BOB = [
    """def breakdown(trace):
    nested = defaultdict(float)
    for child in trace:
        if child.parent is not None:
            nested[child.parent] += duration(child)
    result = Counter()
    for one in trace:
        result[one.name] += duration(one) - nested[one.id]
    return dict(result)

def duration(one):
    return one.end - one.start""",
    """def ceiling(stages, name, factor=10):
    share = stages[name] / sum(stages.values())
    speedup = 1 / (1 - share + share / factor)
    return round(speedup, 12)""",
]
# A lab, and the files with several right answers to each of its exercises.
GOLDEN = {
    "01-profile": ["profile"],
    "02-streaming": ["streaming", "streaming_standard"],
    "06-retrieval-hnsw": ["retrieval", "retrieval_build"],
    "07-caching": ["caching", "caching_semantic"],
    "09-architecture": ["architecture"],
}


def right_answers(lab):
    return [one for name in GOLDEN[lab] for one in golden_submissions.load(name, "excellent")]


def notebook(*sources):
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def found(**learners):
    given = notebook(GIVEN), notebook(GIVEN, SOLUTION)
    return pairs(
        LAB,
        {name: own_passages(notebook(GIVEN, *cells), *given) for name, cells in learners.items()},
    )


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(ADA, id="as it is"),
        pytest.param(RENAMED, id="renamed, without comments"),
        pytest.param(ADA[::-1], id="cells in another order"),
        pytest.param(["print('mine')", *RENAMED, SHORT * 3], id="with more around it"),
        pytest.param(["\n\n".join(ADA).replace("    ", "  ")], id="one cell, another layout"),
    ],
)
def test_a_copy_is_shown(copy):
    [pair] = found(ada=ADA, copy=copy)
    assert pair.students == ("ada", "copy")
    assert pair.share > 0.7


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(ADA, BOB, id="two own answers"),
        pytest.param([SHORT], [SHORT], id="three lines: too short"),
        pytest.param([SHORT], [OTHER_SHORT], id="three lines, two answers"),
        pytest.param([GIVEN, SOLUTION], [SOLUTION], id="the solution"),
        pytest.param([], [], id="nothing"),
        pytest.param(["def f(:\n  '''", "%matplotlib inline"], ["\0"], id="no Python"),
    ],
)
def test_honest_answers_are_not_shown(one, other):
    assert found(ada=one, bob=other) == []


@pytest.mark.parametrize("lab", GOLDEN)
def test_right_answers_in_other_styles_are_not_shown(lab):
    answers = {one.values[0]["check"]: [] for one in right_answers(lab)}
    for one in right_answers(lab):
        answers[one.values[0]["check"]].append(one.values[0]["source"])
    given = notebooks.released(lab), notebooks.solution(lab)
    learners = {
        f"learner{n}": own_passages(notebook(*sources), *given)
        for n, sources in enumerate(zip(*answers.values(), strict=False))
    }
    assert len(learners) >= 3
    assert pairs(lab, learners) == []


def test_what_many_learners_write_is_how_one_writes_it():
    assert found(**{f"learner{n}": ADA for n in range(FEW + 1)}) == []
    assert len(found(**{f"learner{n}": ADA for n in range(FEW)})) == FEW * (FEW - 1) / 2


def as_handed_in(*extra):
    lab = handed_in("4", "4")
    lab.cells += [new_code_cell(source, id=f"own-{n}") for n, source in enumerate(extra)]
    return lab


@pytest.fixture
def course(small):
    """A course with a copy, and an own answer that is the solution."""
    solved = released()
    solved.cells += [new_code_cell(source, id=f"solution-{n}") for n, source in enumerate(BOB)]
    write(small.solution(LAB), solved)
    for student, extra in {"ada": ADA, "cyd": RENAMED, "bob": BOB, "dan": BOB}.items():
        submit(small, student, as_handed_in(*extra))
    submit(small, "eve", "no notebook")
    list(Batch(small, judge).run(small.submissions()))
    return small


def test_the_instructors_board_shows_a_hint_and_no_learners_page_does(course):
    found = board(course)
    assert [pair.students for pair in found.similar] == [("ada", "cyd")]
    assert "ada, cyd" in board_page.page(found) and NOT_PROVEN in board_page.page(found)
    pages = dict(learner_page.pages(course, found, "board.html"))
    assert "cyd" not in pages["ada.html"] and NOT_PROVEN not in "".join(pages.values())


def test_a_new_submission_is_compared_again(course):
    assert len(board(course).similar) == 1
    submit(course, "cyd", as_handed_in(SHORT))
    list(Batch(course, judge).run(course.submissions()))
    assert board(course).similar == ()


def test_every_line_of_the_table_says_what_it_does_not_prove():
    text = as_csv([Similar(LAB, ("=ada", "bob"), 30, 60), Similar(LAB, ("cyd", "dan"), 60, 60)])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["share"] for row in rows] == ["0.50", "1.00"]
    assert {row["hint"] for row in rows} == {NOT_PROVEN}
    assert rows[0]["learner"] == "'=ada"
