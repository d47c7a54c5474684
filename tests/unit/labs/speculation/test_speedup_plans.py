"""What the notebook of lab 05 plans and computes: counted drafts, speed-ups, ties and full batches."""

from types import SimpleNamespace

import pytest

from harness.labs.speculation import gold_prompts as prompts_module
from harness.labs.speculation import near_tie
from harness.labs.speculation.batch_costs import Model, batch_costs
from harness.labs.speculation.drafting import Race, Tally
from harness.labs.speculation.gold_prompts import gold_prompts
from harness.labs.speculation.near_tie import ties
from harness.labs.speculation.speedup_plans import Plan, counted, gains, race_plans, step_by_step
from harness.labs.speculation.speedups_picture import Speedup
from harness.measure.model_files.roofline import Roof
from harness.measure.stats import Interval
from tests.unit.labs.speculation.counting_model import PROMPT, Counting, half_right, loop


def formula(tau, g, c, v):
    return tau / (g * c + v[g + 1])


def test_kept_tokens_are_counted_over_all_prompts():
    tally = counted(loop, Counting(), [PROMPT, PROMPT], half_right)
    assert (tally.drafted, tally.kept) == ([4] * 4, [2] * 4)


def test_each_step_costs_what_its_own_draft_costs():
    tally = Tally(half_right, drafted=[0, 4], kept=[0, 2])
    # two steps give 1 + 3 tokens and take 1 and 4 * 0.25 + 2 plain steps
    assert step_by_step(tally, 0.25, {1: 1.0, 5: 2.0}, formula) == pytest.approx(4 / 4)


def test_each_target_races_its_own_plans():
    plans = {
        ("a", "half"): Plan(half_right, 4, 1.5),
        ("b", "none"): Plan(lambda tokens: [], 1, 1.0, guessed=2.0),
    }
    targets = {"a": Counting(), "b": Counting(last=5)}
    races = race_plans(loop, targets, [PROMPT] * 5, plans)
    assert {kind: [*one.texts] for kind, one in races.items()} == {
        "a": ["plain", "half"],
        "b": ["plain", "none"],
    }
    found = gains(races, plans)
    assert [one.name for one in found.values()] == ["a, half × 4", "b, none × 1"]
    assert [(one.computed, one.guessed) for one in found.values()] == [(1.5, None), (1.0, 2.0)]
    assert found["a", "half"].measured == races["a"].speedup("half")


@pytest.mark.parametrize(
    ("computed", "low", "high", "foretold", "found"),
    [
        (1.2, 1.1, 1.3, "helps", "helps"),
        (0.9, 0.7, 0.8, "hurts", "hurts"),
        (1.2, 0.9, 1.3, "helps", "undecided"),
    ],
)
def test_a_speed_up_in_words(computed, low, high, foretold, found):
    gain = Speedup("", computed, (low + high) / 2, Interval(low, high))
    assert (gain.foretold, gain.found) == (foretold, found)


def test_a_tie_is_measured_where_the_texts_part(monkeypatch):
    monkeypatch.setattr(near_tie, "measure_tie", lambda context, prompt, text: (prompt, text))
    texts = {"plain": ((1, 2), (3, 4, 5)), "draft": ((1, 2), (3, 9, 5))}
    assert ties(Race({}, texts), "draft", None, ["p", "q"]) == {1: ("q", (3,))}


def test_a_full_batch_pays_for_arithmetic_and_long_contexts_for_memory():
    roof, model = Roof(bandwidth_gbs=3350, gflops=990_000), Model(parameters=7e9, kv_bytes=128e3)
    alone, full, long = (
        batch_costs(roof, model, *load) for load in ((1, 0), (256, 0), (256, 1500))
    )
    assert alone == dict.fromkeys((1, 2, 3, 5, 9), 1.0)
    assert full[9] > 7
    assert full[1] == 1 < long[9] < full[9]


def test_only_answerable_questions_with_their_passage_become_prompts(monkeypatch):
    cases = [
        SimpleNamespace(question=n, answerable=n % 2 == 0, gold=f"chunk {n}") for n in range(6)
    ]
    passages = [SimpleNamespace(id=f"chunk {n}") for n in range(6)]
    monkeypatch.setattr(prompts_module, "draw", lambda split, n, seed, history_turns: cases[:n])
    monkeypatch.setattr(prompts_module, "chunks", lambda: passages)
    monkeypatch.setattr(prompts_module, "stuffed_prompt", lambda q, chunks: (q, chunks[0].id))
    context = SimpleNamespace(tokens=list)
    assert gold_prompts(context, 3, seed=5) == [[0, "chunk 0"], [2, "chunk 2"], [4, "chunk 4"]]
