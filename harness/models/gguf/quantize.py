"""Quantisation of a GGUF file with llama.cpp's own quantiser.

The result is not always of the requested kind: where the rows of a matrix do not fill the blocks of a type,
llama.cpp uses another type. `gguf.inspect(...).fell_back` lists those matrices.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import llama_cpp
import psutil

from harness import store
from harness.errors import PlainError, WrongUseError
from harness.models.gguf import file, llama_log

# Kinds with fewer bits are left out, because they need an importance matrix measured on sample texts.
KINDS = {
    "F32": llama_cpp.LLAMA_FTYPE_ALL_F32,
    "F16": llama_cpp.LLAMA_FTYPE_MOSTLY_F16,
    "BF16": llama_cpp.LLAMA_FTYPE_MOSTLY_BF16,
    "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "Q6_K": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
    "Q5_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_0,
    "Q5_1": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_1,
    "Q5_K_S": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_S,
    "Q5_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
    "Q4_1": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_1,
    "Q4_K_S": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_S,
    "Q4_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
    "IQ4_NL": llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_NL,
    "IQ4_XS": llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_XS,
    "Q3_K_S": llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_S,
    "Q3_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_M,
    "Q3_K_L": llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_L,
    "Q2_K": llama_cpp.LLAMA_FTYPE_MOSTLY_Q2_K,
}
FLOATS = ("F32", "F16", "BF16", "F64")
FULL_DISK = 1 << 20  # bytes; llama.cpp does not report a full disk, so the free space is checked
FAILED = "failed to quantize: "  # what llama.cpp logs before the reason


class QuantizeError(PlainError):
    """Raised if llama.cpp could not quantise; the message says why."""


def quantize(
    source: Path,
    kind: str,
    out: Path,
    n_threads: int | None = None,
    requantize: bool = False,
) -> Path:
    """Write `source` as `kind` (one of `KINDS`) to `out`, with a seal, and return `out`; deterministic.

    requantize: allow a source that is quantised already; its rounding errors stay in the result.
    n_threads: default one per core. Raises WrongUseError for an unknown kind, a quantised source, or
    out = source; QuantizeError if llama.cpp fails; StoreError for bad files, as `gguf.usable` does.
    """
    if kind not in KINDS:
        raise WrongUseError(f"There is no kind {kind!r}: choose one of {', '.join(KINDS)}.")
    header = file.usable(source)
    if not requantize:
        _check_unquantised(header)
    if out.resolve() == source.resolve():
        raise WrongUseError(f"{out.name} would overwrite its own source: name another file.")
    with file.written(out) as part:
        part.touch()  # Python reports why a file cannot be written, llama.cpp does not
        reason = _run(source, part, _parameters(kind, n_threads))
        if reason is not None:
            full = shutil.disk_usage(out.parent).free < FULL_DISK
            what = f"{kind} of {source.name}"
            raise store.disk_full(out) if full else QuantizeError(_sentence(what, reason))
    return out


def _check_unquantised(header: file.Header) -> None:
    rounded = [name for name in header.by_type if name not in FLOATS]
    if rounded:
        raise WrongUseError(
            f"{header.path.name} is quantised already ({rounded[0]}), and quantising twice loses quality: "
            "start from its F32 or F16 file, or pass requantize=True to quantise it anyway."
        )


def _parameters(kind: str, n_threads: int | None) -> llama_cpp.llama_model_quantize_params:
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = KINDS[kind]
    parameters.nthread = n_threads or psutil.cpu_count(logical=False) or 1
    parameters.allow_requantize = True  # checked before, with a better message
    return parameters


def _run(source: Path, part: Path, parameters: llama_cpp.llama_model_quantize_params) -> str | None:
    """Return why llama.cpp failed, or None if it did not.

    llama.cpp runs in a thread of its own, so that Ctrl-C raises KeyboardInterrupt here once it has ended.
    """
    with llama_log.captured_log() as lines, ThreadPoolExecutor(1) as thread:
        arguments = (os.fsencode(source), os.fsencode(part), ctypes.byref(parameters))
        failed = thread.submit(llama_cpp.llama_model_quantize, *arguments).result()
    reasons = [line.partition(FAILED)[2] for line in lines if FAILED in line]
    return (reasons or ["it gives no reason"])[-1] if failed else None


def _sentence(what: str, reason: str) -> str:
    if "bad_alloc" in reason or os.strerror(errno.ENOMEM) in reason:
        return f"The memory is full while making the {what}: close other programs and try again."
    if "invalid data" in reason:
        reason += ": weights that are not finite numbers"
    return f"llama.cpp could not make the {what} ({reason}): try another kind or source."
