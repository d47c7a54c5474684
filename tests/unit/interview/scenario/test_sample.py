"""The sample: the same everywhere, true to its mechanism, another one in each session."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import yaml

from harness.interview.scenario.arrivals import REQUESTS
from harness.interview.scenario.mechanism import Term
from harness.interview.scenario.sample import N, draw
from harness.interview.scenario.scenario import STAGES, scenario, scenarios

REFERENCE = yaml.safe_load((Path(__file__).parents[1] / "data" / "reference.yaml").read_text())
NAMES = list(REFERENCE)
SEEDS = range(1, 6)


def felt_means(sample):
    felt = sample.where(sample.scenario.felt)
    return [float(sample.stages[stage][felt].mean()) for stage in STAGES], float(
        sample.total[felt].mean()
    )


@pytest.mark.parametrize("name", NAMES)
def test_without_a_seed_a_service_is_as_it_was_designed(name):
    means, total = felt_means(draw(scenario(name), None))
    *stages, whole, _, _ = REFERENCE[name]
    # 10 %, and no less than 10 ms: a stage of 60 ms may be 55.
    assert means == pytest.approx(stages, rel=0.10, abs=10)
    assert total == pytest.approx(whole, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_a_session_is_within_ten_percent_and_has_the_same_cause(name):
    plain, _ = felt_means(draw(scenario(name), None))
    for seed in SEEDS:
        sample = draw(scenario(name), seed)
        means, _ = felt_means(sample)
        # 10 % by the session, and what is left of chance in a mean of so many requests.
        chance = 0.6 / np.sqrt(sample.where(sample.scenario.felt).sum())
        assert means == pytest.approx(plain, rel=0.10 + chance, abs=12)
        assert np.argmax(means) == np.argmax(plain)


def test_sessions_differ():
    totals = {round(felt_means(draw(scenario("S05"), seed))[1]) for seed in SEEDS}
    assert len(totals) == len(SEEDS)


def test_the_same_seed_gives_the_same_bytes():
    def digest(name, seed):
        sample = draw(scenario(name), seed)
        return sha256(
            np.concatenate([sample.total, sample.hour, sample.second]).tobytes()
        ).hexdigest()

    for name in NAMES:
        assert digest(name, 7) == digest(name, 7) != digest(name, 8)


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_is_the_product_that_it_is_said_to_be(name):
    sample = draw(scenario(name), 3)
    for stage, terms in sample.scenario.stages.items():
        if not all(isinstance(term, Term) for term in terms):
            continue
        expected = sum(
            np.where(sample.where(term.when or "all"), term.value(sample.quantities), 0)
            for term in terms
        )
        assert np.allclose(sample.stages[stage], expected)


def test_shares_are_met_exactly_and_windows_are_kept():
    idle = draw(scenario("S06"), 1)
    share = np.exp(-5 * idle.base[REQUESTS] / 1440)  # nobody came for five minutes
    assert idle.regimes["idle"].sum() == round(share * N)
    slow = draw(scenario("S08"), 1).regimes["straggler"]
    assert slow.mean() == pytest.approx(1 - 0.99**16, abs=1 / N)
    sample = draw(scenario("S12"), 1)
    evening = (sample.hour >= 20) | (sample.hour < 2)
    assert (sample.regimes["job"] == evening).all()
    stampede = draw(scenario("S10"), 1)
    assert (stampede.regimes["miss"] == (stampede.second < 4.8)).all()


def test_waiting_follows_the_queue_that_it_is_said_to_be():
    sample = draw(scenario("S07"), None)
    busy = sample.where("busy")
    service = sample.stages["prefill"].mean() + sample.stages["decode"].mean()
    waits = sample.stages["queue"][busy]
    assert waits.mean() == pytest.approx(0.8 / 0.2 * service, rel=0.01)  # M/M/1
    assert (waits == 0).mean() == pytest.approx(0.2, abs=0.03)  # 1 - rho wait for nobody
    assert sample.stages["queue"][~busy].mean() < waits.mean() / 5


def test_traffic_follows_its_profile():
    sample = draw(scenario("S07"), 2)
    weights = np.array(sample.scenario.traffic)
    busy = ((sample.hour >= 9) & (sample.hour < 18)).mean()
    assert busy == pytest.approx(weights[9:18].sum() / weights.sum(), abs=2 / N)


@pytest.mark.parametrize("name", NAMES)
def test_the_deploy_is_innocent(name):
    sample = draw(scenario(name), 5)
    assert sample.renewed.sum() == N / 2
    before, after = sample.total[~sample.renewed].mean(), sample.total[sample.renewed].mean()
    assert after == pytest.approx(before, rel=0.03)


def test_every_quantity_that_varies_is_part_of_a_mechanism():
    for one in scenarios().values():
        used = {
            name
            for terms in one.stages.values()
            for term in terms
            for name in ((*term.of, *term.over) if isinstance(term, Term) else ())
        } | {REQUESTS}
        varying = {name for name, quantity in one.quantities.items() if quantity.vary}
        assert varying <= used, one.id
