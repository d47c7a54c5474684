"""Real models and real HTTP with what `under500 prepare` built. No timing is asserted."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness import baseline, knobs, semconv, store
from harness.assistant import Question, ask
from harness.kb.articles import chunks
from harness.kb.questions import draw
from harness.measure.latency.trace import recording
from harness.measure.quality.exam import draw_exam
from harness.models.engines.embedding import embedder
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.threads import Threads
from harness.models.engines.torch_model import large
from harness.models.offline import FULL, LARGE, WEIGHTS
from harness.stages.prompt import stuffed_prompt

pytestmark = pytest.mark.models

UNDER500 = Path(sys.executable).with_name("under500")
PROMPT = "<|im_start|>user\nWhat is the capital of France? 🎧 naïve X200<|im_end|>\n<|im_start|>assistant\n"


def run(*arguments, **options):
    return subprocess.run(
        [UNDER500, *arguments], capture_output=True, text=True, timeout=280, **options
    )


@pytest.fixture(scope="module")
def llama():
    return LlamaModel(LARGE.gguf(FULL), Threads(1, 1))


def test_both_engines_read_the_same_tokens(llama):
    assert llama.context.tokens(PROMPT) == large().tokenizer(PROMPT).input_ids


def test_both_engines_score_every_token_the_same(llama):
    ours, theirs = llama.every_score(PROMPT), large().every_score(PROMPT)
    assert np.abs(ours - theirs).max() < 0.05 * np.abs(theirs).max()
    assert (ours.argmax(1) == theirs.argmax(1)).all()


def test_both_engines_write_the_same_answer(llama):
    item = draw_exam(2, passages=2, seed=5)[0]
    prompt = stuffed_prompt(item.case.question, list(item.chunks))
    answers = ["".join(model.stream(prompt, 48)) for model in (llama, large())]
    assert answers[0] == answers[1]


def test_the_token_limit_is_kept_and_without_a_stop_rule_it_is_reached(llama):
    for model in (llama, large()):
        text = "".join(model.stream(PROMPT, 12, stop_at_end=False))
        assert 0 < model.count(text) <= 14  # detokenised and counted again: never exact


def test_padding_changes_the_cost_and_not_the_vector():
    short, padded = embedder()(["reset it"]), embedder()(["reset it"], pad_to=256)
    assert np.allclose(short, padded, atol=1e-5)
    assert np.linalg.norm(short) == pytest.approx(1, abs=1e-5)


def test_documents_and_queries_live_in_one_space():
    texts = [f"{chunk.title}. {chunk.text}" for chunk in chunks()[:40]]
    agreement = (embedder()(texts) * embedder().documents(texts)).sum(1)
    assert agreement.min() > 0.999


def test_every_chunk_has_a_vector_of_unit_length():
    vectors = baseline.knowledge_vectors()
    assert vectors.shape == (len(chunks()), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


@pytest.fixture(scope="module")
def deployed():
    with baseline.deployed() as assistant:
        yield assistant


def test_a_request_is_explained_to_98_percent(deployed):
    case = draw("dev", 1, seed=5)[0]
    with recording() as recorder:
        answer = ask(deployed, case.question)
    one = recorder.last()
    assert answer.text and one.coverage >= 0.98
    assert tuple(one.stage_ms()) == semconv.STAGES
    generate = next(s for s in one.spans if s.name == semconv.GENERATE)
    assert generate.attributes[semconv.OUTPUT_TOKENS] == knobs.load().knobs.max_tokens


def test_the_same_question_gets_the_same_answer(deployed):
    question = draw("dev", 1, seed=6)[0].question
    assert ask(deployed, question) == ask(deployed, question)


@pytest.mark.parametrize(
    "text", ["¿Cuánto dura la garantía del Kestrel X200? 保修 🎧", "?", "x" * 4000]
)
def test_odd_questions_get_an_answer(deployed, text):
    assert ask(deployed, Question(text)).text


def test_demo_speaks_json():
    result = run("demo", "-n", "6", "--json", "--seed", "3")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout.strip().splitlines()[-1])
    slow = report["baseline"]
    assert set(slow["stages_ms"]) == set(semconv.STAGES)
    assert slow["e2e_ms"]["p50"] >= slow["ttft_ms"]["p50"] > 0
    assert 0 <= slow["quality"]["exact"] <= 1
    assert report["reference"]["e2e_ms"]["p50"] < slow["e2e_ms"]["p50"] / 3
    assert report["ratio"]["low"] <= report["ratio"]["p50"] <= report["ratio"]["high"]
    assert report["machine"]["physical_cores"] >= 1


def test_a_second_prepare_builds_nothing():
    result = run("prepare")
    assert result.returncode == 0, result.stderr
    assert "building" not in result.stdout


def test_doctor_is_happy_and_says_so_in_json():
    report = json.loads(run("doctor", "--json").stdout.strip().splitlines()[-1])
    assert report["ready"], report["findings"]


def test_a_prepare_that_is_interrupted_goes_on_later(tmp_path):
    """SIGINT while the knowledge base is embedded gives exit status 130 and one message, and keeps shards."""
    fresh = tmp_path / "home"
    fresh.mkdir()
    (fresh / "models").symlink_to(LARGE.folder.parent)
    process = subprocess.Popen(
        [UNDER500, "prepare", "--embed"],
        env={"UNDER500_HOME": str(fresh), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A background job of a shell inherits that Ctrl-C is ignored; this one must hear it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    seen = ""
    while "256/" not in seen:  # the bar after the first shard
        piece = process.stderr.read(1)
        assert piece, f"prepare ended early: {seen}"
        seen += piece
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=120)
    assert process.returncode == 130, rest
    assert "run the same command again" in rest and "Traceback" not in rest
    assert list((fresh / "vectors").rglob("shard-*.npy"))


@pytest.mark.parametrize("harm", [lambda data: data[:1000], lambda data: data[:-1] + b"\0"])
def test_a_damaged_model_is_refused_with_a_sentence(tmp_path, monkeypatch, harm):
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path))
    weights = LARGE.folder / WEIGHTS
    with store.atomic_write(weights) as part:
        part.write_bytes(b"x" * 5000)
    weights.write_bytes(harm(weights.read_bytes()))
    result = run("demo", "-n", "2", env={"UNDER500_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert result.returncode == 1
    assert "under500 prepare" in result.stderr and "Traceback" not in result.stderr
