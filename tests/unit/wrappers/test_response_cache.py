from contextlib import closing
from threading import Barrier, Event, Thread

import pytest
from opentelemetry import trace

from harness import semconv
from harness.assistant import BadQuestionError, Done, Question, Token
from harness.measure.latency.trace import recording
from harness.wrappers.expiry import Expiry
from harness.wrappers.response_cache import ResponseCache
from harness.wrappers.text_store import text_store
from tests.fakes import Scripted
from tests.unit.wrappers.counting import ASKED, Clock, Counting, texts

TIMEOUT_S = 20  # for the tests' own threads; reached only if one hangs


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with closing(text_store(tmp_path, Expiry(ttl_s=100, jitter=0, clock=clock))) as opened:
        yield opened


def test_a_repeated_question_is_answered_from_the_cache(store):
    inner = Counting()
    cache = ResponseCache(inner, store, "v1")
    first, second = (list(cache.stream(ASKED)) for _ in range(2))
    assert first == second == [Token("answer 1"), first[-1]]
    assert first[-1].answer.citations == ("c1",)
    assert len(inner.asked) == 1


def test_spelling_does_not_matter_and_words_do(store):
    cache = ResponseCache(Counting(), store, "v1")
    assert texts(cache, "How long?", " how  LONG", "How long, then?") == [
        "answer 1",
        "answer 1",
        "answer 2",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kestrel X200: warranty?", "Kestrel X300: warranty?"),
        ("Is it covered for 12 months?", "Is it covered for 24 months?"),
        ("Is it covered?", "Is it not covered?"),
        ("shipping to Canada?", "shipping to Australia?"),
    ],
)
def test_a_near_miss_is_a_miss(store, one, other):
    assert texts(ResponseCache(Counting(), store, "v1"), one, other) == ["answer 1", "answer 2"]


def test_an_old_answer_is_computed_again(store, clock):
    cache = ResponseCache(Counting(), store, "v1")
    texts(cache, "a")
    clock.now += 101
    assert texts(cache, "a", "a") == ["answer 2", "answer 2"]


def test_each_version_has_entries_of_its_own(store):
    inner = Counting()
    assert texts(ResponseCache(inner, store, "v1"), "a") == ["answer 1"]
    assert texts(ResponseCache(inner, store, "v2"), "a") == ["answer 2"]
    assert texts(ResponseCache(inner, store, "v1"), "a") == ["answer 1"]


@pytest.mark.parametrize("flag", ["empty", "truncated"])
def test_a_failed_answer_is_not_cached(store, flag):
    cache = ResponseCache(Counting(flags=(flag,)), store, "v1")
    assert texts(cache, "a", "a") == ["answer 1", "answer 2"]


def test_a_refusal_is_kept(store):
    cache = ResponseCache(Counting(flags=("refused",)), store, "v1")
    assert texts(cache, "a", "a") == ["answer 1", "answer 1"]


def test_an_error_is_raised_and_forgotten(store):
    inner = Counting(error=OSError("disk on fire"))
    cache = ResponseCache(inner, store, "v1")
    for _ in range(2):
        with pytest.raises(OSError, match="on fire"):
            texts(cache, "a")
    inner.error = None
    assert texts(cache, "a") == ["answer 3"]


def test_a_stream_without_an_end_is_passed_on_and_not_kept(store):
    cache = ResponseCache(Scripted(Token("half")), store, "v1")
    assert list(cache.stream(ASKED)) == list(cache.stream(ASKED)) == [Token("half")]


def test_an_abandoned_stream_caches_nothing(store):
    inner = Counting()
    cache = ResponseCache(inner, store, "v1")
    stream = cache.stream(ASKED)
    next(stream)
    stream.close()
    assert texts(cache, ASKED.text, ASKED.text) == ["answer 2", "answer 2"]


def test_a_bad_question_is_refused_before_anything(store):
    with pytest.raises(BadQuestionError):
        list(ResponseCache(Counting(), store, "v1").stream(Question(" ")))


def test_a_damaged_entry_is_computed_again(store):
    cache = ResponseCache(Counting(), store, "v1")
    texts(cache, "a")
    for name in store.cache:
        store.put(name, '{"text": 5}')
    assert texts(cache, "a", "a") == ["answer 2", "answer 2"]


def test_a_hit_is_marked_on_the_span_and_a_miss_is_not(store):
    cache = ResponseCache(Counting(), store, "v1")
    with recording() as recorder:
        for _ in range(2):
            with trace.get_tracer("test").start_as_current_span("request"):
                texts(cache, "a")
    marks = [one.spans[0].attributes.get(semconv.CACHE) for one in recorder.traces()]
    assert marks == [None, "response"]


class Held:
    """An assistant that pauses in the middle of its answer to "a" until `go` is set."""

    def __init__(self, error=None):
        self.started, self.go = Event(), Event()
        self.inner = Counting(error=error)

    def stream(self, question):
        yield Token("")
        self.started.set()
        assert question.text != "a" or self.go.wait(TIMEOUT_S)
        yield from self.inner.stream(question)


class Reader(Thread):
    """A thread that asks one question; `outcome` is the final text, or the error."""

    def __init__(self, cache, text="a"):
        super().__init__(daemon=True)
        self.cache, self.text, self.outcome = cache, text, None
        self.start()

    def run(self):
        try:
            self.outcome = texts(self.cache, self.text)[0]
        except Exception as error:
            self.outcome = error

    def ended(self):
        self.join(TIMEOUT_S)
        assert not self.is_alive()
        return self.outcome


class Joined(ResponseCache):
    """A cache that meets the test at a barrier when a request starts to wait."""

    def _wait(self, flight, question):
        self.waiting.wait(TIMEOUT_S)
        return super()._wait(flight, question)


@pytest.fixture
def joined(store):
    """Return a function that starts a cache around a held assistant, for three waiting readers."""

    def start(error=None, patience_s=TIMEOUT_S):
        held = Held(error)
        cache = Joined(held, store, "v1", patience_s)
        object.__setattr__(cache, "waiting", Barrier(4))
        return cache, held

    return start


def waiting_readers(cache):
    readers = [Reader(cache) for _ in range(3)]
    cache.waiting.wait(TIMEOUT_S)  # all three have joined the flight of the first
    return readers


def test_of_many_who_ask_at_once_one_computes(joined):
    cache, held = joined()
    first = Reader(cache)
    assert held.started.wait(TIMEOUT_S)
    others = waiting_readers(cache)
    held.go.set()
    assert [reader.ended() for reader in (first, *others)] == ["answer 1"] * 4
    assert len(held.inner.asked) == 1


def test_they_share_an_error_too_and_it_is_not_kept(joined):
    cache, held = joined(OSError("disk on fire"))
    first = Reader(cache)
    assert held.started.wait(TIMEOUT_S)
    others = waiting_readers(cache)
    held.go.set()
    outcomes = {str(reader.ended()) for reader in (first, *others)}
    assert outcomes == {"disk on fire"} and len(held.inner.asked) == 1
    held.inner.error = None
    assert texts(cache, "a") == ["answer 2"]


def test_other_questions_do_not_wait(store):
    held = Held()
    cache = ResponseCache(held, store, "v1")
    first = Reader(cache)
    assert held.started.wait(TIMEOUT_S)
    assert Reader(cache, "b").ended() == "answer 1"
    held.go.set()
    assert first.ended() == "answer 2"


def test_when_the_reader_who_computes_leaves_another_takes_over(store):
    inner = Counting()
    cache = ResponseCache(inner, store, "v1")
    leaving = cache.stream(Question("a"))
    next(leaving)
    flight = cache.flights.join(next(iter(cache.flights._flights)))[0]
    waiting = cache._wait(flight, Question("a"))
    leaving.close()
    assert isinstance(list(waiting)[-1], Done)
    assert inner.asked == ["a", "a"]
    assert texts(cache, "a") == ["answer 2"]


def test_a_waiting_request_computes_itself_after_its_patience(store):
    cache = ResponseCache(Counting(), store, "v1", patience_s=0)
    paused = cache.stream(Question("a"))
    next(paused)  # in this very thread, so waiting for it would never end
    assert texts(cache, "a") == ["answer 2"]
    assert list(paused)[-1].answer.text == "answer 1"
