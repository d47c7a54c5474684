"""The real quantiser of llama.cpp on a Llama of one layer and 100 kB; no prepared files needed."""

import ctypes
import os
import signal
import struct

import llama_cpp
import numpy as np
import pytest
from gguf import GGUFWriter, LlamaFileType

from harness import store
from harness.errors import WrongUseError
from harness.models.gguf import file, llama_log
from harness.models.gguf import quantize as quantizing
from harness.models.gguf.quantize import KINDS, QuantizeError, quantize

WIDTH, INNER, TOKENS = 64, 256, 32  # rows of 64 do not fill the super-blocks of a K-quant; 256 do


def made(path):
    numbers = np.random.default_rng(0)
    shapes = {
        "token_embd": (TOKENS, WIDTH),
        "blk.0.attn_norm": (WIDTH,),
        "blk.0.attn_q": (WIDTH, WIDTH),
        "blk.0.attn_k": (WIDTH, WIDTH),
        "blk.0.attn_v": (WIDTH, WIDTH),
        "blk.0.attn_output": (WIDTH, WIDTH),
        "blk.0.ffn_norm": (WIDTH,),
        "blk.0.ffn_gate": (INNER, WIDTH),
        "blk.0.ffn_up": (INNER, WIDTH),
        "blk.0.ffn_down": (WIDTH, INNER),
        "output_norm": (WIDTH,),
    }
    writer = GGUFWriter(path, "llama")
    writer.add_file_type(LlamaFileType.ALL_F32)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(4)
    writer.add_layer_norm_rms_eps(1e-5)
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", numbers.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def source(tmp_path):
    return made(tmp_path / "source.gguf")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "built" / "out.gguf"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_and_sealed(kind, source, out):
    assert quantize(source, kind, out) == out
    header = file.usable(out)
    assert header.file_type == kind
    assert store.intact(out)


@pytest.mark.parametrize("kind", ["F16", "Q8_0", "Q4_0", "Q4_1", "IQ4_NL"])
def test_most_of_the_layers_is_in_the_type_of_that_name(kind, source, out):
    header = file.inspect(quantize(source, kind, out))
    assert {t.type for t in header.tensors if "ffn_up" in t.name} == {kind}
    assert header.fell_back == ()


def test_a_k_quant_falls_back_where_rows_are_too_short(source, out):
    header = file.inspect(quantize(source, "Q4_K_M", out))
    fallen = {tensor.name: tensor.type for tensor in header.fell_back}
    assert fallen["blk.0.ffn_up.weight"] == "Q5_0"
    assert fallen["token_embd.weight"] == "Q8_0"
    assert "blk.0.ffn_down.weight" not in fallen  # 256 numbers a row


@pytest.mark.parametrize("kind", ["Q4_0", "Q4_K_M"])
def test_the_bytes_do_not_depend_on_the_run_or_the_threads(kind, source, tmp_path):
    paths = [quantize(source, kind, tmp_path / f"{n}.gguf", n_threads=n) for n in (1, 2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_nothing_is_printed_not_even_from_c(source, out, capfd):
    quantize(source, "Q4_K_M", out)  # its fall-backs are warnings
    assert capfd.readouterr() == ("", "")


def test_an_unknown_kind_is_refused_with_those_there_are(source, out):
    with pytest.raises(WrongUseError, match="Q9"):
        quantize(source, "Q9", out)


def test_rounding_twice_must_be_wanted(source, out, tmp_path):
    rounded = quantize(source, "Q8_0", tmp_path / "rounded.gguf")
    with pytest.raises(WrongUseError, match="requantize=True"):
        quantize(rounded, "Q4_0", out)
    assert not out.exists()
    assert file.inspect(quantize(rounded, "Q4_0", out, requantize=True)).file_type == "Q4_0"


def test_half_precision_is_no_quantisation(source, out, tmp_path):
    quantize(quantize(source, "F16", tmp_path / "half.gguf"), "Q8_0", out)


def test_a_source_is_not_overwritten(source):
    with pytest.raises(WrongUseError, match="its own source"):
        quantize(source, "Q8_0", source.parent / "." / source.name)


def test_a_cut_source_is_refused(source, out):
    source.write_bytes(source.read_bytes()[:-100])
    with pytest.raises(store.CorruptFileError, match="cut short"):
        quantize(source, "Q8_0", out)


@pytest.fixture
def corrupt(source):
    """Return a function that replaces bytes of the source by others of the same length."""

    def replace(old, new):
        source.write_bytes(source.read_bytes().replace(old, new, 1))

    return replace


def test_what_llama_cpp_says_is_passed_on_and_nothing_stays(source, out, corrupt, capfd):
    corrupt(b"llama.embedding_length", b"llama.embedding_lengtx")
    with pytest.raises(QuantizeError, match=r"Q8_0 of source\.gguf \(key not found"):
        quantize(source, "Q8_0", out)
    assert not list(out.parent.glob("out*"))
    assert capfd.readouterr() == ("", "")


def test_weights_that_are_no_numbers_are_named(source, out):
    content = source.read_bytes()
    nan = struct.pack("<f", float("nan"))
    at = len(content) - 4096  # in the last layer's ffn_down
    source.write_bytes(content[:at] + nan + content[at + 4 :])
    with pytest.raises(QuantizeError, match=r"ffn_down.*not finite numbers"):
        quantize(source, "Q4_0", out)


def test_a_failure_keeps_the_old_file(source, out, corrupt):
    before = quantize(source, "Q8_0", out).read_bytes()
    corrupt(b"llama.embedding_length", b"llama.embedding_lengtx")
    with pytest.raises(QuantizeError):
        quantize(source, "Q4_0", out)
    assert store.check_seal(out).read_bytes() == before


@pytest.fixture
def failing(monkeypatch):
    """Return a function that makes llama.cpp fail with a given log line."""

    def with_log(line):
        def fail(*_):
            callback, data = llama_cpp.llama_log_callback(), ctypes.c_void_p()
            llama_cpp.llama_log_get(ctypes.byref(callback), ctypes.byref(data))
            callback(4, f"llama_model_quantize: {line}\n".encode(), None)
            return 1

        monkeypatch.setattr(llama_cpp, "llama_model_quantize", fail)

    return with_log


FAILURES = {
    "failed to quantize: std::bad_alloc": "memory is full .* Q8_0",
    "failed to quantize: mmap failed: Cannot allocate memory": "memory is full",
    "failed to quantize: basic_ios::clear": r"\(basic_ios::clear\)",
    "something else": "gives no reason",
}


@pytest.mark.parametrize("line,sentence", FAILURES.items(), ids=FAILURES)
def test_a_failure_is_one_sentence(line, sentence, source, out, failing):
    failing(line)
    with pytest.raises(QuantizeError, match=sentence):
        quantize(source, "Q8_0", out)


def test_a_full_disk_is_recognised(source, out, failing, monkeypatch):
    failing("failed to quantize: basic_ios::clear: iostream error")
    monkeypatch.setattr(quantizing, "FULL_DISK", 1 << 62)
    with pytest.raises(store.StoreError, match="disk is full"):
        quantize(source, "Q8_0", out)


def test_a_place_that_cannot_be_written_is_one_sentence(source):
    with pytest.raises(store.StoreError, match=r"out\.gguf"):
        quantize(source, "Q8_0", source / "out.gguf")


def test_an_interrupt_leaves_nothing(source, out, monkeypatch):
    monkeypatch.setattr(
        llama_cpp, "llama_model_quantize", lambda *_: os.kill(os.getpid(), signal.SIGINT)
    )
    # a job in the background has none
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            quantize(source, "Q8_0", out)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not list(out.parent.glob("out*"))


def current():
    callback, data = llama_cpp.llama_log_callback(), ctypes.c_void_p()
    llama_cpp.llama_log_get(ctypes.byref(callback), ctypes.byref(data))
    return ctypes.cast(callback, ctypes.c_void_p).value


def test_the_log_of_llama_cpp_is_put_back_also_after_an_error():
    before = current()
    with pytest.raises(ZeroDivisionError), llama_log.captured_log():
        assert current() != before
        raise ZeroDivisionError
    assert current() == before
