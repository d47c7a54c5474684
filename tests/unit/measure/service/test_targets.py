"""What can be named: addresses, functions, assistants and runnables, and what cannot."""

import sys
from contextvars import ContextVar
from types import SimpleNamespace

import pytest

from harness.assistant import Answer, Done, Question, Token, ask
from harness.errors import WrongUseError
from harness.measure.service.targets import Traced, as_assistant, target
from tests.fakes import saying

ASKED = Question("how?")


class Runnable:
    """A runnable as LangChain's: `stream` takes text and yields text or messages."""

    def invoke(self, text):
        raise NotImplementedError

    def stream(self, text):
        yield SimpleNamespace(content=f"{text} ")
        yield "so"


def pieces(text):
    yield text
    yield " so"


async def waiting(text):
    return f"{text} so"


async def streaming(text):
    for piece in (text, " so"):
        yield piece


THINGS = [lambda text: f"{text} so", pieces, Runnable(), waiting, streaming, lambda t: waiting(t)]


@pytest.mark.parametrize("thing", THINGS)
def test_a_function_and_a_runnable_answer_as_assistants(thing):
    assert ask(as_assistant(thing, "it"), ASKED) == Answer("how? so")


def test_an_assistant_stays_as_it_is():
    assistant = saying("yes")
    assert as_assistant(assistant, "it") is assistant


class QueryEngine:
    """A query engine as LlamaIndex's: `query` replies with a text for `str`, or a generator of pieces."""

    def __init__(self, **reply):
        self.reply = reply

    def query(self, text):
        class Reply(SimpleNamespace):
            def __str__(self):
                return f"{text} so"

        return Reply(**self.reply)


@pytest.mark.parametrize("reply", [{}, {"response_gen": iter(["how? ", "so"])}])
def test_a_query_engine_answers_as_an_assistant(reply):
    assert ask(as_assistant(QueryEngine(**reply), "it"), ASKED) == Answer("how? so")


@pytest.mark.parametrize("streaming", [False, True])
def test_a_real_query_engine_of_llamaindex_answers(streaming):
    core = pytest.importorskip("llama_index.core", reason="needs the extra peers")
    from llama_index.core.llms.mock import MockLLM

    index = core.SummaryIndex.from_documents([core.Document(text="It is covered for 24 months.")])
    engine = index.as_query_engine(llm=MockLLM(max_tokens=3), streaming=streaming)
    *pieces, done = as_assistant(engine, "it").stream(ASKED)
    assert done.answer.text.split() == ["text"] * 3  # what this model always writes
    assert (len(pieces) > 1) == streaming


@pytest.mark.parametrize("thing", [Runnable, 7, None, "text"])
def test_anything_else_is_wrong_use(thing):
    with pytest.raises(WrongUseError, match="it is"):
        as_assistant(thing, "it")


def test_a_piece_that_is_no_text_is_named():
    stream = as_assistant(lambda text: [text, 7], "it").stream(ASKED)
    assert next(stream) == Token("how?")
    with pytest.raises(TypeError, match="int"):
        list(stream)


@pytest.mark.parametrize("result", [None, 7, {"answer": "24 months"}, b"24 months"])
def test_a_result_that_is_no_text_is_named(result):
    with pytest.raises(TypeError, match=type(result).__name__):
        list(as_assistant(lambda text: result, "it").stream(ASKED))


def test_asynchronous_pieces_share_a_context_and_are_closed_at_the_end():
    state, seen = ContextVar("state", default=None), []

    async def answer(text):
        token = state.set(text)
        try:
            yield "one"
            seen.append(state.get())
            yield "two"
        finally:
            state.reset(token)  # raises ValueError in another context
            seen.append("closed")

    stream = as_assistant(answer, "it").stream(ASKED)
    assert [next(stream).text, next(stream).text] == ["one", "two"]
    stream.close()
    assert seen == ["how?", "closed"] and state.get() is None


def test_an_object_is_imported_from_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [])
    (tmp_path / "mine_for_tests.py").write_text("class A:\n    def f(text): return 'so'\n")
    *_, done = target("mine_for_tests:A.f").assistant.stream(ASKED)
    assert done == Done(Answer("so"))


def test_a_script_that_ends_the_program_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    (tmp_path / "script_for_tests.py").write_text("import sys\nsys.exit(2)\n")
    with pytest.raises(WrongUseError, match="SystemExit"):
        target("script_for_tests:f")


def test_an_object_that_ends_the_program_fails_one_request():
    with pytest.raises(RuntimeError, match="ended the program"):
        list(Traced(as_assistant(lambda text: sys.exit(3), "it")).stream(ASKED))


@pytest.mark.parametrize(
    "name", ["no_such_module:f", "json:nothing", "json:", ":f", "tests.fakes:"]
)
def test_what_cannot_be_imported_is_wrong_use(name):
    with pytest.raises(WrongUseError, match=r"cannot be imported|has no `:name`"):
        target(name)
