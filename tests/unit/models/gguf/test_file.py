"""Headers of valid, foreign, truncated and hostile GGUF files of a few kB, and of the packaged model."""

import struct

import llama_cpp
import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFEndian, GGUFReader, GGUFWriter, LlamaFileType, quantize
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.models.catalog import SMOLLM2
from harness.models.gguf import file
from harness.models.gguf.file import CorruptFileError, StoreError, UnsupportedFileError

TOKENS = ["<s>", "a", "naïve 🎧"]
TOKENS_KEY = b"tokenizer.ggml.tokens"


def made(path, architecture="llama", endian=GGUFEndian.LITTLE):
    """Write a "Q4_K_M" of one layer with one Q4_K matrix and one that fell back to Q8_0."""
    writer = GGUFWriter(path, architecture, endianess=endian)
    writer.add_name("tiny")
    writer.add_file_type(LlamaFileType.MOSTLY_Q4_K_M)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_array("tokenizer.ggml.tokens", TOKENS)
    writer.add_array("tokenizer.ggml.scores", [0.0, -1.0, 0.5])
    zeros = np.zeros((2, 256), np.float32)
    q8, q4_k = GGMLQuantizationType.Q8_0, GGMLQuantizationType.Q4_K
    writer.add_tensor("blk.0.ffn_gate.weight", quantize(zeros[:, :64], q8), raw_dtype=q8)
    writer.add_tensor("blk.0.ffn_down.weight", np.zeros((2, 144), np.uint8), raw_dtype=q4_k)
    writer.add_tensor("output_norm.weight", zeros[0, :64])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def tiny(tmp_path):
    return made(tmp_path / "tiny.gguf")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def raw(folder):
    return made(folder / "raw.gguf").read_bytes()


def test_the_packaged_model_is_what_the_package_says():
    header = file.inspect(SMOLLM2.path())
    assert (header.architecture, header.file_type) == ("llama", "Q4_1")
    assert (header.layers, header.context) == (30, 8192)
    assert header.parameters == pytest.approx(134.5e6, rel=0.001)
    assert sum(header.bytes_by_type.values()) < header.size == SMOLLM2.path().stat().st_size
    assert list(header.bytes_by_type) == ["Q4_1", "Q8_0", "F32"]
    assert header.by_type["Q8_0"].count == 1  # the embedding, and a third of the bytes


def test_tensors_are_those_of_the_gguf_package(tiny):
    header = file.inspect(tiny)
    theirs = GGUFReader(tiny).tensors
    assert [(t.name, t.type, t.shape, t.parameters, t.bytes) for t in header.tensors] == [
        (t.name, t.tensor_type.name, tuple(t.shape.tolist()), t.n_elements, t.n_bytes)
        for t in theirs
    ]


def test_types_are_counted(tiny):
    header = file.inspect(tiny)
    assert (header.name, header.file_type, header.layers, header.context) == (
        "tiny",
        "Q4_K_M",
        1,
        64,
    )
    assert header.by_type == {
        "Q4_K": file.Share(1, 512, 288),
        "F32": file.Share(1, 64, 256),
        "Q8_0": file.Share(1, 128, 136),
    }


def test_a_matrix_whose_rows_do_not_fill_the_blocks_fell_back(tiny):
    assert [(t.name, t.type) for t in file.inspect(tiny).fell_back] == [
        ("blk.0.ffn_gate.weight", "Q8_0")
    ]


def test_metadata_keeps_arrays_as_they_are(tiny):
    fields = file.metadata(tiny, "tokenizer.ggml.")
    assert list(fields) == ["tokenizer.ggml.tokens", "tokenizer.ggml.scores"]
    assert [token.decode() for token in fields["tokenizer.ggml.tokens"].value] == TOKENS
    assert fields["tokenizer.ggml.scores"].value == [0.0, -1.0, 0.5]


def test_a_file_without_a_name_or_file_type_is_named_after_itself(tmp_path):
    path = tmp_path / "plain.gguf"
    writer = GGUFWriter(path, "llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    header = file.inspect(path)
    assert (header.name, header.file_type, header.layers, header.tensors) == (
        "plain",
        "unnamed",
        None,
        (),
    )


FOREIGN = {
    "zip": (b"PK\x03\x04" + bytes(99), "not a GGUF file but a zip archive"),
    "safetensors": (struct.pack("<Q", 40) + b'{"a":{}}' + bytes(99), "but a safetensors file"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "but a Git LFS pointer"),
    "html": (b"<!doctype html><html></html>", "but a web page"),
    "text": (b"hello", "is not a GGUF file: name a .gguf file"),
    "empty": (b"", "is empty"),
    "magic": (b"GGUF", "cut short"),
}


@pytest.mark.parametrize("content,sentence", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_file_is_named_for_what_it_is(tmp_path, content, sentence):
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(CorruptFileError, match=sentence):
        file.inspect(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(StoreError, match=r"nothing\.gguf"):
        file.inspect(tmp_path / "nothing.gguf")
    with pytest.raises(StoreError, match="cannot be read"):
        file.inspect(tmp_path)


def test_a_big_endian_file_is_refused(tmp_path):
    path = made(tmp_path / "big.gguf", endian=GGUFEndian.BIG)
    with pytest.raises(UnsupportedFileError, match="big-endian"):
        file.inspect(path)


def put(raw, at, content):
    return raw[:at] + content + raw[at + len(content) :]


def after(raw, key):
    return raw.index(key) + len(key)


# name: (where the change goes, from the raw file; what is put there; the sentence)
HOSTILE = {
    "version 1": (lambda raw: 4, struct.pack("<I", 1), "GGUF version 1"),
    "version 9": (lambda raw: 4, struct.pack("<I", 9), "GGUF version 9"),
    "2^60 tensors": (lambda raw: 8, struct.pack("<Q", 2**60), "damaged: it claims 1,152,9"),
    "2^60 fields": (lambda raw: 16, struct.pack("<Q", 2**60), "damaged: it claims 3 tensors"),
    "a long key": (lambda raw: 24, struct.pack("<Q", 2**63), "ends inside its header"),
    "an odd value": (
        lambda raw: after(raw, b"general.architecture"),
        struct.pack("<I", 77),
        "unknown type 77",
    ),
    "no architecture": (lambda raw: 32, b"generic", "names no architecture"),
    "2^60 texts": (
        lambda raw: after(raw, TOKENS_KEY),
        struct.pack("<IIQ", 9, 8, 2**60),
        "claims a list of 1,152,9",
    ),
    "4 million texts": (
        lambda raw: after(raw, TOKENS_KEY),
        struct.pack("<IIQ", 9, 8, 1 << 22),
        "ends inside its header",
    ),
    "2^60 numbers": (
        lambda raw: after(raw, TOKENS_KEY),
        struct.pack("<IIQ", 9, 5, 2**60),
        "ends inside its header",
    ),
    "nested arrays": (
        lambda raw: after(raw, TOKENS_KEY),
        struct.pack("<IIQ", 9, 9, 1),
        "arrays inside arrays",
    ),
    "2^31 dimensions": (
        lambda raw: after(raw, b"output_norm.weight"),
        struct.pack("<I", 2**31),
        "a tensor of 2,147,483,648 dimensions",
    ),
    "a huge row": (
        lambda raw: after(raw, b"output_norm.weight") + 4,
        struct.pack("<Q", 2**62),
        "cut short: its tensors end at byte 18,446",
    ),
    "a new type": (
        lambda raw: after(raw, b"output_norm.weight") + 12,
        struct.pack("<I", 99),
        "'output_norm.weight' of type 99",
    ),
    "half a block": (
        lambda raw: after(raw, b"ffn_gate.weight") + 20,
        struct.pack("<I", GGMLQuantizationType.Q4_K),
        "rows of 64 numbers in blocks of Q4_K",
    ),
}


@pytest.mark.parametrize("where,content,sentence", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_header_is_refused_with_a_sentence(folder, raw, where, content, sentence):
    path = folder / "hostile.gguf"
    path.write_bytes(put(raw, where(raw), content))
    with pytest.raises(StoreError, match=sentence):
        file.inspect(path)


@pytest.mark.parametrize(
    "name,other,sentence",
    [
        (b"tokenizer.ggml.scores", TOKENS_KEY, "metadata field 'tokenizer.ggml.tokens' twice"),
        (b"ffn_gate.weight", b"ffn_down.weight", "two tensors"),
    ],
)
def test_a_name_used_twice_is_refused(folder, raw, name, other, sentence):
    path = folder / "twice.gguf"
    path.write_bytes(raw.replace(name, other))
    with pytest.raises(CorruptFileError, match=sentence):
        file.inspect(path)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_is_refused(folder, raw, data):
    kept = data.draw(st.integers(0, len(raw) - 1))
    path = folder / "cut.gguf"
    path.write_bytes(raw[:kept])
    with pytest.raises(CorruptFileError, match=r"cut short|empty|not a GGUF"):
        file.inspect(path)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_the_bytes_the_answer_is_a_header_or_a_sentence(folder, raw, data):
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(4, 1000))] = data.draw(st.integers(0, 255))
    path = folder / "changed.gguf"
    path.write_bytes(changed)
    try:
        header = file.inspect(path)
    except StoreError as error:
        assert str(error).startswith("changed.gguf")
    else:
        assert all(tensor.bytes <= header.size for tensor in header.tensors)
        file.metadata(path)


def test_an_architecture_is_known_if_llama_cpp_says_so(tmp_path):
    assert file.usable(made(tmp_path / "a.gguf", "qwen2")).architecture == "qwen2"
    with pytest.raises(UnsupportedFileError, match="frobnicator"):
        file.usable(made(tmp_path / "b.gguf", "frobnicator"))


def test_a_tensor_type_newer_than_llama_cpp_is_refused(tiny, monkeypatch):
    monkeypatch.setattr(llama_cpp, "GGML_TYPE_COUNT", int(GGMLQuantizationType.Q8_0))
    with pytest.raises(UnsupportedFileError, match="tensors of type Q8_0"):
        file.usable(tiny)


def test_what_is_no_gguf_is_not_sealed(tmp_path):
    out = tmp_path / "out.gguf"
    with pytest.raises(CorruptFileError, match="not a GGUF"), file.written(out) as part:
        part.write_bytes(b"half a thought")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_sentence(tiny):
    with pytest.raises(StoreError, match="cannot be written"), file.written(tiny / "out.gguf"):
        pass
