"""What travels between referee and worker, and what is refused."""

import json
import math
from collections import OrderedDict, defaultdict
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.exercise.call_limits import UncopiedGenerator
from grader.exercise.traces import BareTrace
from grader.remote.codec import MOST_ITEMS, MalformedError, decode, encode
from grader.remote.opaque import Opaque
from harness.assistant import Answer, Chunk, Done, Query, Question, Token
from harness.measure.latency.trace import Span
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from tests.fakes import chunk


def there_and_back(value, refer=None, object_id=None):
    return decode(json.loads(json.dumps(encode(value, refer))), object_id)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
)


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value):
    assert there_and_back(value) == value


@pytest.mark.parametrize(
    "word",
    [
        Question("Why?", "q1", ("Hello", "Hi")),
        chunk(1),
        Answer("Because.", ("c1",), ("refused",)),
        Token("Be"),
        Done(Answer("Because.")),
        Span("generate", 1.0, 2.0, 1, {"lab.simulated": True}),
        BareTrace((Span("request", 0.0, 3.0),)),
        Network(12.0, True, ()),
        {1, 2},
        (1, (2.5, "x")),
        Division.OPEN,
    ],
)
def test_the_vocabulary_comes_back_as_it_was(word):
    back = there_and_back(word)
    assert back == word and type(back) is type(word)


def test_vectors_keep_shape_and_kind():
    query = there_and_back(Query("text", np.array([0.6, 0.8], np.float32)))
    assert query.vector.dtype == np.float32
    assert query.vector.tolist() == pytest.approx([0.6, 0.8])
    assert there_and_back(np.ones((2, 3))).shape == (2, 3)


@pytest.mark.parametrize(
    ("given", "back"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (Fraction(1, 4), 0.25),
        (defaultdict(int, a=1), {"a": 1}),
        (OrderedDict(b=2), {"b": 2}),
        (frozenset({3}), {3}),
        ({1: 2}.keys(), {1}),
        ({1: 2}.values(), [2]),
        (range(3), [0, 1, 2]),
        (np.array(["a", "b"]), ["a", "b"]),
        (10**30, 10**30),
        ("half \ud800", "half ?"),
    ],
)
def test_unusual_but_fitting_values_become_plain_ones(given, back):
    assert there_and_back(given) == back


def test_bytes_come_back_whatever_they_hold():
    assert there_and_back(bytes(range(256))) == bytes(range(256))


def test_dice_arrive_as_other_dice():
    fresh_rng = UncopiedGenerator(np.random.PCG64(1))
    one, other = there_and_back(fresh_rng), there_and_back(fresh_rng)
    assert isinstance(one, UncopiedGenerator) and one.random() != other.random()


def test_numbers_that_are_none_stay_what_they_are():
    assert math.isnan(there_and_back(math.nan))
    assert there_and_back(-math.inf) == -math.inf


def test_an_iterator_is_read_over_there_and_not_forever():
    def endless():
        while True:
            yield "x"

    back = there_and_back(endless())
    assert next(back) == "x"
    assert len(list(back)) == MOST_ITEMS - 1


@pytest.mark.parametrize("thing", [object(), Decimal(1), print])
def test_anything_else_is_named_and_does_nothing(thing):
    back = there_and_back(thing)
    assert isinstance(back, Opaque)
    assert type(back).__name__ == type(thing).__name__
    assert not callable(back)


def test_a_repr_that_raises_or_is_endless_is_cut():
    class Rude:
        def __repr__(self):
            raise RuntimeError

    class Long:
        def __repr__(self):
            return "x" * 10**6

    assert repr(there_and_back(Rude())) == "a Rude"
    assert len(repr(there_and_back(Long()))) == 200


def test_functions_and_entries_stay_where_they_are():
    kept = []

    def refer(value):
        if not callable(value) and not hasattr(value, "stream"):
            return None
        kept.append(value)
        return {"$remote": len(kept) - 1}

    class Silent:
        def stream(self, question):
            yield from ()

    entry = Entry("mine", Silent(), Network(), Division.OPEN)
    back = there_and_back(entry, refer, lambda tag, number: lambda: number)
    assert isinstance(back, Entry)
    assert (back.name, back.network, back.division) == ("mine", Network(), Division.OPEN)
    assert kept[back.assistant()] is entry.assistant
    assert kept[back.forget()] is entry.forget


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"$int": "1", "$set": []},
        {"$int": 3},
        {"$set": [[1]]},
        {"$dict": [[{"$set": [1]}, 2]]},
        {"$array": ["O", [1], "AAAAAAAAAAA="]},
        {"$array": ["<f8", [3], "AAAAAAAAAAA="]},
        {"$array": ["<f8", [1], "not base64"]},
        {"$counting": ["<f8", [1], "AAAAAAAAAAA=", "many"]},
        {"$array": ["<f8", [math.inf], ""]},
        {"$counting": ["<f8", [0], "", math.inf]},
        {"$generator": math.inf},
        {"$array": ["<f8", [20_000_000, 0], ""]},  # 37 bytes that become a list of so many rows
        {"$bytes": "é"},
        {"$generator": "loaded"},
        {"$exported": 1},
        {"$lazy": 1},
        {"$Token": {"text": 3}},
        {"$Token": 3},
        {"$Answer": {"text": "x", "citations": "c1"}},
        {"$Done": {"answer": "x"}},
        {"$Network": {"rtt_ms": "soon"}},
        {"$Division": "half open"},
        {"$Entry": {"name": "x"}},
        {"$remote": 1},
        {"$other": []},
        {"$os.system": ["true"]},
        {"__class__": "x"},
    ],
)
def test_what_was_never_encoded_is_refused_with_a_sentence(sent):
    with pytest.raises(MalformedError) as refused:
        decode(sent)
    assert str(refused.value).endswith(".")


def test_an_entry_made_of_something_else_is_only_a_name():
    sent = {"name": "x", "assistant": 1, "network": 2, "division": 3, "forget": 4}
    assert isinstance(decode({"$Entry": sent}), Opaque)


@pytest.mark.parametrize(
    "network",
    [
        Network(math.nan),
        Network(-1.0),
        Network(1e9),
        Network(5.0, True, ("http://169.254.169.254/",)),
        Network(5.0, True, ("/session",) * 1000),
    ],
)
def test_an_entry_on_an_impossible_network_is_only_a_name(network):
    parts = {"name": "x", "assistant": {"$remote": 1}, "forget": {"$remote": 2}}
    parts |= {"network": encode(network), "division": {"$Division": "closed"}}
    assert isinstance(decode({"$Entry": parts}, lambda tag, number: print), Opaque)


def test_a_chunk_needs_all_its_fields():
    with pytest.raises(MalformedError):
        decode({"$Chunk": {"id": "c1"}})
    assert Chunk.__name__ in str(encode(chunk(1)))


ZERO = 2**61 - 1  # multiples of it have the hash 0
COLLIDING = {
    "integers": {"$dict": [[{"$int": f"{n * ZERO:x}"}, 0] for n in range(9, 30_000)]},
    "plain integers": {"$dict": [[n * ZERO, 0] for n in range(9, 30_000)]},
    "a set": {"$set": [{"$int": f"{n * ZERO:x}"} for n in range(9, 30_000)]},
    "tuples": {"$dict": [[{"$tuple": [{"$int": f"{n * ZERO:x}"}]}, 0] for n in range(20_000)]},
    "sets of tuples": {"$frozenset": [{"$tuple": [n]} for n in range(1_000)]},
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("sent", COLLIDING.values(), ids=COLLIDING)
def test_keys_that_may_share_a_hash_are_few(sent):
    with pytest.raises(MalformedError, match=r"keys may be|too large"):
        decode(sent)


@pytest.mark.parametrize(
    "keys", [range(20_000), map(str, range(20_000)), [(n, n) for n in range(400)]]
)
def test_ordinary_keys_are_not_limited(keys):
    value = dict.fromkeys(keys, 1)
    assert there_and_back(value) == value


@pytest.mark.parametrize(
    "value", [np.array(["a", None], dtype=object), np.array(3.5), np.array([[1, 2]])]
)
def test_arrays_of_any_kind_come_back_as_arrays_or_lists(value):
    assert np.array_equal(there_and_back(value), value)
