"""The history of interviews, and which ideas come back when."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from fsrs import Rating

from harness.interview.practice import after_interview, repetition
from harness.interview.practice.history import NAME, History, HistoryError, Played
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenario
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.rubric import DIMENSIONS, rubric
from harness.interview.scoring.sentences import Sentence

NOW = datetime(2027, 1, 4, 18, 0, tzinfo=UTC)


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "interviews" / NAME)


def played(number, scenario="S01", at=NOW, **scores):
    return Played(
        at, scenario, "senior", "exam", 20.0, 7, "finished", f"{number}.jsonl", "offline", "abc",
        dict.fromkeys(DIMENSIONS) | scores,
    )  # fmt: skip


def test_interviews_come_back_in_order_as_they_were(history):
    assert history.interviews() == []
    for number in range(3):
        assert history.add(played(number, stack=number + 1), {"STK-ANN": "applied"}, {})
    assert [one.scores["stack"] for one in history.interviews()] == [1, 2, 3]
    assert history.interviews(last=2) == [played(1, stack=2), played(2, stack=3)]


def test_the_same_transcript_counts_once(history):
    assert history.add(played(1, stack=2), {}, {"STK-ANN": ("2027-01-05", "{}")})
    assert not history.add(played(1, stack=4), {}, {"STK-ANN": ("2027-09-09", "other")})
    assert history.cards() == {"STK-ANN": "{}"} and len(history.interviews()) == 1


def test_all_of_an_interview_is_kept_or_nothing(history):
    with pytest.raises(HistoryError):
        # a level that is none breaks the second table
        history.add(played(1), {"STK-ANN": None}, {})
    assert history.interviews() == []


def test_a_damaged_or_newer_file_is_a_sentence(history):
    history.path.parent.mkdir(parents=True)
    history.path.write_bytes(b"no database at all, " * 100)
    with pytest.raises(HistoryError, match="sqlite"):
        history.interviews()
    history.path.unlink()
    base = sqlite3.connect(history.path)
    base.execute("PRAGMA user_version = 9")
    base.close()
    with pytest.raises(HistoryError, match="version 9"):
        history.interviews()


def test_the_day_of_the_interview_is_remembered_and_forgotten(history):
    assert history.interview_on is None
    history.plan(date(2027, 2, 1))
    history.plan(date(2027, 3, 1))
    assert history.interview_on == date(2027, 3, 1)
    history.plan(None)
    assert history.interview_on is None


def finding(level, text="Words without numbers.", loss=None):
    return Finding("STK-ANN", level, Sentence(text, 0, len(text)), loss)


@pytest.mark.parametrize(
    ("found", "rating"),
    [
        (None, Rating.Again),
        (finding(Level.MENTION), Rating.Hard),
        (finding(Level.EXPLAINED, loss=Loss.ASSISTED), Rating.Hard),
        (finding(Level.APPLIED), Rating.Good),
        (finding(Level.EXPLAINED), Rating.Good),
        (finding(Level.EXPLAINED, "Decode takes {mean.decode}."), Rating.Easy),
        (finding(Level.EXPLAINED, "Decode takes 123,456 ms."), Rating.Good),
    ],
)
def test_a_rating_follows_from_what_was_said(found, rating):
    session = Session(scenario("S01"), 1)
    if found:
        text = session.filled(found.sentence.text)
        found = finding(found.level, text, found.loss)
    assert repetition.rating(session, found, ("breakdown",)) == rating


def test_only_what_the_service_calls_for_is_rated_and_what_was_shown():
    card = SimpleNamespace(rubric=rubric(), shown={"STK-EDGE": finding(Level.APPLIED)})
    rated = repetition.ratings(Session(scenario("S02"), 1, "mid"), card, ())
    assert rated["SYS-TARGET"] == Rating.Again and rated["STK-EDGE"] == Rating.Good
    assert "SYS-FLOOR" not in rated  # outstanding: nobody asks that of a mid-level candidate


def due_days(ratings, interview_on=None):
    """Days from each review to the next one, each review on the day it is due."""
    kept, now, days = {}, NOW, []
    for rating in ratings:
        plan = repetition.scheduler(now.date(), interview_on)
        [(due, card)] = repetition.reviewed(kept, {"x": rating}, now, plan).values()
        kept = {"x": card}
        days.append((datetime.fromisoformat(due) - now) / timedelta(days=1))
        now = datetime.fromisoformat(due)
    return days


def test_what_was_explained_comes_back_later_each_time_and_what_was_missed_soon():
    good = due_days([Rating.Good] * 4)
    assert good == sorted(good) and good[-1] > 10 * good[0]
    assert due_days([Rating.Again])[0] < due_days([Rating.Good])[0] < due_days([Rating.Easy])[0]
    assert due_days([Rating.Good, Rating.Good, Rating.Again])[-1] < good[1]


def test_the_same_reviews_give_the_same_days():
    ratings = [Rating.Good, Rating.Hard, Rating.Easy, Rating.Again, Rating.Good]
    assert due_days(ratings) == due_days(ratings)


def test_before_a_known_interview_everything_comes_back_in_time():
    days = due_days([Rating.Easy] * 6, interview_on=NOW.date() + timedelta(days=30))
    assert max(days) <= 10


def test_at_most_five_come_back_the_most_overdue_first():
    plan = repetition.scheduler(NOW.date())
    kept = {}
    for number in range(8):
        at = NOW - timedelta(days=40 - number)
        kept |= {
            name: card
            for name, (_, card) in repetition.reviewed(
                {}, {f"idea {number}": Rating.Again}, at, plan
            ).items()
        }
    assert list(repetition.due(kept, NOW)) == [f"idea {number}" for number in range(5)]
    assert list(repetition.due(kept, NOW - timedelta(days=60))) == []
    assert repetition.next_day({}) is None


def test_a_played_interview_is_kept_with_its_review_and_says_what_comes_back(history):
    shown = {"STK-ANN": finding(Level.EXPLAINED)}
    scores = {"systematic": 2, "stack": 3, "tradeoffs": 1, "stakeholders": 1}
    card = SimpleNamespace(scores=scores, shown=shown, rubric=rubric(), engine="offline")
    session = Session(scenario("S02"), 1)
    state = SimpleNamespace(opened=("breakdown",), ended="finished")
    play = SimpleNamespace(session=session, state=state, file=None)
    after_interview.record_interview(play, card, NOW, history)
    [one] = history.interviews()
    assert (one.scenario, one.scores["stack"], one.at) == ("S02", 3, NOW)
    back = after_interview.review_plan(NOW + timedelta(days=2), history)
    assert len(back.due) == 5 and back.scenario not in ("S02", None)
    assert back.lines[0] == "Due now:" and "labs/" in back.lines[1]
    before = after_interview.review_plan(NOW, history)
    assert not before.due and "Nothing is due before" in before.lines[0]


def test_an_interview_without_a_score_is_left_out(history):
    card = SimpleNamespace(scores=dict.fromkeys(DIMENSIONS), shown={}, rubric=rubric())
    after_interview.record_interview(SimpleNamespace(), card, NOW, history)
    assert history.interviews() == [] and after_interview.review_plan(NOW, history).lines == []
