"""The mean squares of a matrix's inputs while the model reads text: llama.cpp's importance matrix."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import llama_cpp
import numpy as np

from harness.models.engines.llama_context import CONTEXT_TOKENS
from harness.models.engines.llama_loading import check_status, loaded, token_batch

NAME_CHARS, SOURCES, PARAMETER_WORDS, DIMENSIONS = 64, 10, 16, 4  # of ggml.h
F32 = 0  # ggml's number of that type
FLOATS = ctypes.POINTER(ctypes.c_float)


class _Tensor(ctypes.Structure):
    """A `struct ggml_tensor`, as ggml.h lays it out."""


_Tensor._fields_ = [
    ("type", ctypes.c_int),
    ("buffer", ctypes.c_void_p),
    ("ne", ctypes.c_int64 * DIMENSIONS),
    ("nb", ctypes.c_size_t * DIMENSIONS),
    ("op", ctypes.c_int),
    ("op_params", ctypes.c_int32 * PARAMETER_WORDS),
    ("flags", ctypes.c_int32),
    ("src", ctypes.POINTER(_Tensor) * SOURCES),
    ("view_src", ctypes.c_void_p),
    ("view_offs", ctypes.c_size_t),
    ("data", ctypes.c_void_p),
    ("name", ctypes.c_char * NAME_CHARS),
]


@dataclass
class _Inputs:
    """The squares of what is multiplied with some matrices, summed over the tokens of a text."""

    names: frozenset[str]
    squares: dict[str, np.ndarray] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)

    def see(self, pointer: int, ask: bool, _: object) -> bool:
        """Serve llama.cpp's callback: first it asks whether a result is wanted, then it brings the result."""
        product = ctypes.cast(pointer, ctypes.POINTER(_Tensor)).contents
        weights, inputs = product.src[0], product.src[1]
        wanted = bool(weights and inputs) and weights.contents.name.decode() in self.names
        if wanted and not ask:
            self._add(weights.contents.name.decode(), inputs.contents)
        return wanted if ask else True

    def _add(self, name: str, inputs: _Tensor) -> None:
        width, tokens = inputs.ne[0], inputs.ne[1]
        rows = np.ctypeslib.as_array(ctypes.cast(inputs.data, FLOATS), (tokens, width))
        self.squares[name] = self.squares.get(name, 0.0) + np.square(rows, dtype=np.float64).sum(0)
        self.tokens[name] = self.tokens.get(name, 0) + tokens


def importance(path: Path, names: Sequence[str], texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Return for each of these matrices the mean square of each input column, (columns,), float32.

    The model of the file reads each text once, on the CPU. Raises NotEnoughMemoryError.
    """
    inputs = _Inputs(frozenset(names))
    with _watched(path, inputs) as llama:
        for text in texts:
            tokens = llama.tokenize(text.encode(), add_bos=False, special=True)
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(llama.ctx), True)
            with token_batch(tokens) as batch:
                check_status(llama_cpp.llama_decode(llama.ctx, batch), "while reading a text.")
    return {
        name: (squares / inputs.tokens[name]).astype(np.float32)
        for name, squares in inputs.squares.items()
    }


@contextmanager
def _watched(path: Path, inputs: _Inputs) -> Iterator[llama_cpp.Llama]:
    """Yield the model with a context that shows every product to `inputs`."""
    llama = loaded(path, CONTEXT_TOKENS)
    parameters = llama.context_params
    parameters.cb_eval = llama_cpp.ggml_backend_sched_eval_callback(inputs.see)
    context = llama_cpp.llama_init_from_model(llama.model, parameters)
    llama._ctx.ctx, unwatched = context, llama._ctx.ctx
    try:
        yield llama
    finally:
        llama._ctx.ctx = unwatched
        llama_cpp.llama_free(context)
        llama.close()
