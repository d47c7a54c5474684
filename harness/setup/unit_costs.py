"""The costs of one unit of each kind of work, measured in seconds, on a quiet machine or beside others.

Each piece of work runs on one thread and is timed with that thread's CPU time, which beside one busy
process changed by less than 3 %, while the wall-clock time with two threads changed up to 25-fold: the
threads wait for each other after every product, and one of them has lost its core.

What more threads gain is the ratio of the quickest calls of a layer or a product, with one thread and with
all. Those take 0.1 to 3 ms, short enough that some of them fall between two interruptions.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

import torch

from harness import baseline, semconv
from harness.assistant import Answer, Chunk, Done, Event, Query, Question, Token
from harness.kb.articles import chunks
from harness.kb.products import products
from harness.kb.questions import draw
from harness.knobs import YardstickWork
from harness.measure.latency.timing import time_request
from harness.measure.latency.yardstick import PROMPT, Yardstick
from harness.models.engines.embedding import embedder
from harness.models.engines.torch_model import TorchModel, large
from harness.serve.deployment import Deployment
from harness.serve.network import Network
from harness.setup.stage_costs import LOWEST, Line, Lines, knob_for
from harness.setup.yardstick_costs import YardstickCosts
from harness.stages.conversation_embedding import ConversationEmbedding
from harness.stages.diff_postprocess import DiffPostprocess
from harness.stages.loop_search import LoopSearch
from harness.stages.prompt import stuffed_prompt

CASES = 3  # prompts differ in length by 10 %; the median of three is close enough to begin with
TURNS, TOKENS = 4, 16
FEW, MANY = 25, 125  # windows compared
ROWS = 20_000  # of the yardstick: some 100 ms
TRIPS = 6  # requests to an assistant without work; 30 ms each
REPEATS = 3  # of the yardstick's pieces
SEED = 6400
LEAST_MS = 1e-4  # a tenth of a NumPy call: no unit is free, whatever the clock says
CHATTER = Question("How long is 500 ms?")


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """The line of each stage of the baseline, and the costs of the yardstick's work."""

    stages: Lines
    yardstick: YardstickCosts


@dataclass(frozen=True, slots=True)
class Gains:
    """How many times faster all threads are than one: reading a prompt, decoding, and embedding."""

    prompt: float
    short_prompt: float
    decoding: float
    embedding: float


def measure_unit_costs() -> UnitCosts:
    """Measure all unit costs of this machine; takes about 15 s on two cores.

    They are measured in a thread of their own after this one has computed, as in a notebook beside a server:
    once more OpenMP threads exist than cores, they sleep between products instead of spinning, and decoding
    takes 1.5 times as long.
    """
    embedder()(["How long is 500 ms?"])
    measured: Future[UnitCosts] = Future()

    def measure() -> None:
        try:
            measured.set_result(_measure())
        except Exception as error:  # belongs to the caller
            measured.set_exception(error)

    # A daemon: an interrupt is not to wait for the measurement, as it would for a thread of a pool.
    threading.Thread(target=measure, daemon=True).start()
    return measured.result()


def _measure() -> UnitCosts:
    cases = [case.question for case in draw("dev", 2 * CASES, SEED) if case.answerable][:CASES]
    model = large()
    turn_ms, queries = _embedding(cases)
    row_ms, found = _search(queries)
    prompts = [stuffed_prompt(question, c) for question, c in zip(cases, found, strict=True)]
    gains = _gains(model, prompts[0])
    generate, texts = _generation(model, prompts, gains)
    length = knob_for(semconv.GENERATE, generate) / TOKENS
    answers = [_postprocess(*one, length) for one in zip(cases, found, texts, strict=True)]
    stages = {
        semconv.NETWORK: _network(),
        semconv.PREPROCESS: Line(0.0, turn_ms / gains.embedding),
        semconv.RETRIEVE: Line(0.0, row_ms),
        semconv.GENERATE: generate,
        semconv.POSTPROCESS: sorted(answers, key=lambda line: line.slope_ms)[CASES // 2],
    }
    return UnitCosts(stages, _yardstick(generate.slope_ms, gains))


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Let torch compute with `number` threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def gain(modules: Iterable[torch.nn.Module], run: Callable[[], object]) -> float:
    """Return the time of `modules` in `run` with one thread, divided by that with all threads.

    It is below 1 where waiting for each other costs the threads more than they gain.
    """
    modules, every = list(modules), torch.get_num_threads()
    if every == 1:
        return 1.0
    one, all_ = (_quickest_ms(modules, run, number) for number in (1, every))
    return one / all_


def _quickest_ms(
    modules: Sequence[torch.nn.Module], run: Callable[[], object], number: int
) -> float:
    """Return the sum over `modules` of the quickest call among those of their kind, with `number` threads."""
    started: dict[torch.nn.Module, float] = {}
    took: dict[str, list[float]] = defaultdict(list)
    kinds = {module: str(module) for module in modules}  # such as "Linear(in_features=576, ...)"

    def before(module: torch.nn.Module, *_: object) -> None:
        started[module] = time.perf_counter()

    def after(module: torch.nn.Module, *_: object) -> None:
        took[kinds[module]].append(1e3 * (time.perf_counter() - started[module]))

    with ExitStack() as hooks, threads(number):
        for module in modules:
            hooks.callback(module.register_forward_pre_hook(before).remove)
            hooks.callback(module.register_forward_hook(after).remove)
        run()
    return sum(min(took[kind]) for kind in kinds.values())


def _gains(model: TorchModel, prompt: str) -> Gains:
    inner = model.model.model
    products_ = [module for module in inner.modules() if isinstance(module, torch.nn.Linear)]
    embed = ConversationEmbedding(embedder(), 8)
    turns = Question("", history=("How long is half a second?",) * 8)

    def read(text: str, tokens: int = 1) -> None:
        for _ in model.stream(text, tokens, stop_at_end=False):
            pass

    return Gains(
        # A whole layer reads a prompt in 20 ms, too long to be undisturbed; a product in it takes 1 to 3.
        prompt=gain(products_, lambda: [read(prompt) for _ in range(2)]),
        short_prompt=gain(inner.layers, lambda: [read(PROMPT) for _ in range(REPEATS)]),
        decoding=gain(inner.layers, lambda: read("Hello", 6)),
        embedding=gain(embedder().model.encoder.layer, lambda: embed(turns)),
    )


def _embedding(cases: Sequence[Question]) -> tuple[float, list[Query]]:
    """Return the CPU ms of a turn on one thread, and the queries."""
    embed = ConversationEmbedding(embedder(), TURNS)
    with threads(1):
        embed(cases[0])  # the first call of a library is slower
        runs = [_timed(embed, question) for question in cases]
    return median(ms for ms, _ in runs) / TURNS, [query for _, query in runs]


def _search(queries: Sequence[Query]) -> tuple[float, list[list[Chunk]]]:
    """Return the ms of a compared row, and the chunks found for each query."""
    search = LoopSearch(chunks(), baseline.knowledge_vectors(), len(chunks()))
    runs = [_timed(search, query, 5) for query in queries]
    return max(LEAST_MS, median(ms for ms, _ in runs) / len(chunks())), [c for _, c in runs]


def _generation(model: TorchModel, prompts: Sequence[str], gains: Gains) -> tuple[Line, list[str]]:
    """Return the line of the stage with all threads, and the text generated for each prompt."""
    with threads(1):
        runs = [_first_and_rest(model.stream(p, TOKENS, stop_at_end=False)) for p in prompts]
    first_ms = median(first for first, _, _ in runs) / gains.prompt
    token_ms = median(rest for _, rest, _ in runs) / (TOKENS - 1) / gains.decoding
    return Line(first_ms - token_ms, max(LEAST_MS, token_ms)), [text for _, _, text in runs]


def _first_and_rest(stream: Iterator[str]) -> tuple[float, float, str]:
    """Return the CPU ms to the first piece, those of the rest, and the text."""
    first_ms, piece = _timed(next, stream)
    rest_ms, rest = _timed(list, stream)
    return first_ms, rest_ms, piece + "".join(rest)


def _of_length(text: str, factor: float) -> str:
    """Return `text` repeated or cut to `factor` times its length."""
    length = round(factor * len(text))
    return ((text + " ") * (length // (len(text) + 1) + 1))[:length]


def _postprocess(question: Question, found: list[Chunk], text: str, factor: float) -> Line:
    """Return the line of the stage for an answer `factor` times as long as `text`."""
    text = _of_length(text, factor)
    names = [product.name for product in products()]
    few, many = (DiffPostprocess(names, comparisons) for comparisons in (FEW, MANY))
    if set(few(question, found, text).flags) & {
        "empty",
        "refused",
    }:  # such answers are not compared
        text = _of_length(found[0].text, len(text) / len(found[0].text))
    few_ms, many_ms = (
        min(_timed(stage, question, found, text)[0] for _ in range(REPEATS))
        for stage in (few, many)
    )
    slope_ms = max(LEAST_MS, (many_ms - few_ms) / (MANY - FEW))
    return Line(max(0.0, few_ms - FEW * slope_ms), slope_ms)


class _Chatter:
    """An assistant that answers at once."""

    def stream(self, question: Question) -> Iterator[Event]:
        yield Token(question.text)
        yield Done(Answer(question.text))


def _network() -> Line:
    """Return the line of the network: round trips, and what the connection costs besides their distance."""
    network = Network(rtt_ms=LOWEST["rtt_ms"])
    with Deployment(_Chatter(), network) as client:
        took = [time_request(client, CHATTER).e2e_ms for _ in range(TRIPS)]
    trips = network.simulated_ms / network.rtt_ms
    return Line(max(0.0, median(took[1:]) - network.simulated_ms), trips)


def _yardstick(token_ms: float, gains: Gains) -> YardstickCosts:
    few, many = (Yardstick(YardstickWork(tokens=1, rows=rows, rtt_ms=0)) for rows in (1, ROWS))
    with threads(1):
        few_ms, many_ms = (
            min(_timed(list, work.stream(CHATTER))[0] for _ in range(REPEATS))
            for work in (few, many)
        )
    one_token_ms = token_ms * gains.decoding
    prompt_ms = max(LEAST_MS, few_ms - one_token_ms) / gains.short_prompt
    return YardstickCosts(prompt_ms, token_ms, max(LEAST_MS, (many_ms - few_ms) / (ROWS - 1)))


def _timed(function: Callable, *arguments: object) -> tuple[float, object]:
    """Return the CPU ms of this thread in a call, and its result."""
    started = time.thread_time()
    result = function(*arguments)
    return 1e3 * (time.thread_time() - started), result
