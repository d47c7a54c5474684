"""A simulated server with a token budget and a KV budget."""

import pytest

from harness.errors import WrongUseError
from harness.labs.load.kv_budget import BLOCK, Asked, serve_in_steps


def plan(left, budget):
    gets = [0] * len(left)
    for place in sorted(range(len(left)), key=lambda place: left[place] > 1):
        gets[place] = min(left[place], budget - sum(gets))
    return gets


def stay(held, gets, blocks):
    needed = [-(-(h + g) // BLOCK) for h, g in zip(held, gets, strict=True)]
    return max([1, *(n for n in range(1, len(needed) + 1) if sum(needed[:n]) <= blocks)])


def cost(writing, read):
    return 10 + read


def run_of(requests, **limits):
    options = {"slots": 4, "blocks": 100, "budget": 10_000} | limits
    return serve_in_steps(requests, plan, stay, cost=cost, **options)


def served(requests, **limits):
    return run_of(requests, **limits).requests


def test_a_lone_request_reads_its_prompt_and_then_writes_a_token_a_step():
    [one] = served([Asked(5.0, prompt=30, answer=3)])
    assert one.at_ms == [5 + 40, 5 + 50, 5 + 60]
    assert (one.ttft_ms, one.e2e_ms, one.longest_gap_ms) == (40, 60, 10)


def test_chunks_shorten_the_longest_gap_of_others_and_delay_the_long_prompt():
    requests = [Asked(0, prompt=10, answer=20), Asked(30, prompt=500, answer=2)]
    whole, chunked = (served(requests, budget=budget) for budget in (10_000, 51))
    assert whole[0].longest_gap_ms == 510
    assert chunked[0].longest_gap_ms == 60
    assert chunked[1].ttft_ms > whole[1].ttft_ms


def test_a_full_memory_preempts_the_newest_which_is_served_later():
    requests = [Asked(0, prompt=30, answer=40), Asked(0, prompt=30, answer=40)]
    tight, ample = (served(requests, blocks=blocks) for blocks in (6, 100))
    assert [one.preempted for one in tight] == [0, 1]
    assert [one.preempted for one in ample] == [0, 0]
    assert [len(one.at_ms) for one in tight] == [40, 40]
    assert tight[1].e2e_ms > ample[1].e2e_ms
    assert tight[0].e2e_ms <= ample[0].e2e_ms + 30  # the oldest is not slower for it


def test_a_request_that_never_fits_and_a_plan_without_tokens_are_refused():
    with pytest.raises(WrongUseError, match="blocks"):
        served([Asked(0, prompt=100, answer=100)], blocks=4)
    with pytest.raises(WrongUseError, match="no token"):
        served([Asked(0, prompt=10, answer=1)], budget=0)


def test_a_run_in_numbers():
    run = run_of([Asked(5.0, prompt=30, answer=3), Asked(500.0, prompt=90, answer=1)])
    assert run.stays == ([5.0, 500.0], [65.0, 600.0])
    assert (run.ttft_ms(50, prompt=30), run.ttft_ms(50, prompt=90), run.ttft_ms(50)) == (
        40,
        100,
        70,
    )
    assert (run.gap_ms(100), run.gap_ms(0)) == (10, 0)
    tight = [Asked(0, prompt=30, answer=40), Asked(0, prompt=30, answer=40)]
    assert run.preempted == 0 and run_of(tight, blocks=6).preempted == 1
