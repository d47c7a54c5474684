"""Downloads of a tier's models from the Hugging Face hub: planned, resumable and verified.

Each file is written as NAME.incomplete beside its final path, and gets its name and its seal once its SHA-256
matches the catalog. `hf_hub_download` would be shorter, but discards a partial file; `http_get`, which it
uses, can resume.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import harness
from harness import store
from harness.errors import PlainError
from harness.models.catalog import HubFile, HubModel, local_copy, locate, of_tier, variable

UNFINISHED = ".incomplete"


class HubError(PlainError):
    """Raised if a model cannot be downloaded from the hub; the message says what to try."""


class UnreachableError(HubError):
    """Raised if the hub gives no usable answer, and in offline mode."""


class BrokenOffError(HubError):
    """Raised if the connection is lost in the middle of a file; the received part is kept."""


class GoneError(HubError):
    """Raised if the hub does not have the repository, the commit or the file."""


class GatedError(HubError):
    """Raised if the hub requires authentication or accepted terms."""


class NoRoomError(HubError):
    """Raised if the disk has less free space than the download needs."""


@dataclass(frozen=True, slots=True)
class Need:
    """A model to download, and the bytes still missing."""

    model: HubModel
    bytes: int

    @property
    def size_mb(self) -> float:
        """Return the size still to download, in 10^6 bytes."""
        return self.bytes / 1e6


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a model's download.

    file: name of the current file. done, total: bytes of all files of the model.
    """

    file: str
    done: int
    total: int


def plan(tier: str, thorough: bool = False) -> tuple[Need, ...]:
    """Return what `tier` still has to download, empty if nothing. Uses no network.

    thorough: also verify the checksum of every file, about 0.6 s per GB on a CPU with SHA instructions, and
    include damaged ones.
    Raises WrongUseError for an unknown tier, StoreError for a local copy that does not fit.
    """
    return tuple(
        Need(model, _bytes_left(model, files))
        for model in of_tier(tier)
        if isinstance(model, HubModel) and (files := _wanted(model, thorough))
    )


def require_room(needs: Iterable[Need]) -> None:
    """Raise NoRoomError if the disk of the cache folder has too little free space for `needs`."""
    needed = sum(need.bytes for need in needs)
    free = shutil.disk_usage(store.home()).free
    if needed > free:
        raise NoRoomError(
            f"The download needs {_size(needed)} and {store.home()} has {_size(free)} free: free some "
            f"space, or set {store.HOME_VARIABLE} to a folder on another disk."
        )


def fetch(model: HubModel, progress: Callable[[Progress], None] = lambda _: None) -> Path:
    """Download the missing and damaged files of `model` and return the path to load.

    An interrupted download resumes with the next call, and intact files are not downloaded again.
    Raises HubError (not reachable, gone, gated, no room, broken off), CorruptFileError if the content differs
    from the catalog, and StoreError if the disk is full.
    """
    if wanted := _wanted(model, thorough=True):
        require_room([Need(model, _bytes_left(model, wanted))])
        with _online():
            _ask(model, wanted[0])
            _receive_all(model, wanted, progress)
    return locate(model)


def adopt(model: HubModel, copy: Path) -> Path:
    """Copy the files of `model` from the user's own folder (or single file) and return the path to load.

    Raises CorruptFileError if a file is missing there or differs from the catalog, StoreError if the disk is
    full.
    """
    for file in model.files:
        source = copy / file.name if copy.is_dir() else copy.parent / file.name
        if not source.is_file() or store.sha256(source) != file.sha256:
            raise store.CorruptFileError(
                f"{source} does not exist or differs from {file.name} of {model.repository} at commit "
                f"{model.revision[:12]}, which the adapters were made for: correct {variable(model)}, or "
                "unset it to download the file."
            )
        part = _unfinished(model, file)
        part.parent.mkdir(parents=True, exist_ok=True)
        with _plain_errors(model, file):
            shutil.copyfile(source, part)
            _put(part, model.folder / file.name, file.sha256)
    return model.path()


def _receive_all(
    model: HubModel, wanted: tuple[HubFile, ...], progress: Callable[[Progress], None]
) -> None:
    total = sum(file.size for file in model.files)
    before = total - sum(file.size for file in wanted)
    for file in wanted:
        _receive(model, file, _reporter(progress, file, before, total))
        before += file.size


@contextmanager
def _online() -> Iterator[None]:
    """Allow the library to use the network inside the block, unless the user has forbidden it."""
    from huggingface_hub import constants

    before, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, harness.USER_OFFLINE
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _reporter(
    progress: Callable[[Progress], None], file: HubFile, before: int, total: int
) -> Callable[[int], None]:
    return lambda received: progress(Progress(file.name, before + received, total))


def _wanted(model: HubModel, thorough: bool) -> tuple[HubFile, ...]:
    """Return the files to download; none if a local copy replaces `model`."""
    if local_copy(model):
        return ()
    complete = store.intact if thorough else store.sealed
    return tuple(file for file in model.files if not complete(model.folder / file.name))


def _bytes_left(model: HubModel, files: Iterable[HubFile]) -> int:
    return sum(max(0, file.size - _received(_unfinished(model, file))) for file in files)


def _unfinished(model: HubModel, file: HubFile) -> Path:
    return model.folder / (file.name + UNFINISHED)


def _received(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _ask(model: HubModel, file: HubFile) -> None:
    """Send one small request first, so that an error shows within seconds and not after five retries."""
    from huggingface_hub import get_hf_file_metadata

    with _plain_errors(model, file):
        get_hf_file_metadata(_url(model, file))


def _receive(model: HubModel, file: HubFile, report: Callable[[int], None]) -> None:
    """Download one file, or the rest of it, verify its checksum and move it to its final path."""
    part = _unfinished(model, file)
    part.parent.mkdir(parents=True, exist_ok=True)
    if _received(part) > file.size:
        part.unlink()  # longer than the file, so not a part of it
    try:
        with _plain_errors(model, file):
            _append(part, _url(model, file), file.size, report)
    except UnreachableError as error:
        raise _broken_off(model, file, _received(part)) from error
    if _received(part) != file.size or store.sha256(part) != file.sha256:
        part.unlink()
        raise _other_content(model, file)
    with _plain_errors(model, file):
        _put(part, model.folder / file.name, file.sha256)
    report(file.size)


def _put(part: Path, path: Path, digest: str) -> None:
    """Write the seal, then rename the part: if interrupted in between, the complete part is still there.

    `store.atomic_write` would read gigabytes once more, and delete them if it is interrupted.
    """
    path.unlink(missing_ok=True)  # a damaged file of that name
    path.with_name(path.name + store.SEAL_SUFFIX).write_text(digest)
    part.replace(path)


def _append(part: Path, url: str, size: int, report: Callable[[int], None]) -> None:
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    # A compressed transfer could not be resumed at a byte position of the file.
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    with part.open("ab") as out, _quiet():
        http_get(
            url,
            out,
            resume_size=out.tell(),
            headers=headers,
            expected_size=size,
            tqdm_class=_bar(report),
        )


def _bar(report: Callable[[int], None]) -> type:
    """Return a class that huggingface_hub uses like tqdm; it passes the bytes received to `report`."""

    class Bar:
        def __init__(self, initial: int = 0, **_: object) -> None:
            self.done = initial
            report(self.done)

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, n: int) -> None:
            self.done += n
            report(self.done)

    return Bar


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's log of each retry out of the terminal."""
    from huggingface_hub.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _url(model: HubModel, file: HubFile) -> str:
    from huggingface_hub import hf_hub_url

    return hf_hub_url(model.repository, file.name, revision=model.revision)


@contextmanager
def _plain_errors(model: HubModel, file: HubFile) -> Iterator[None]:
    from huggingface_hub import errors

    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise _offline(model) from error
    except errors.HfHubHTTPError as error:
        raise _refused(model, file, error) from error
    except errors.HTTPError as error:  # no answer at all: name, route, proxy, time
        raise _unreachable(model, "does not answer") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise store.disk_full(model.folder / file.name) from error
        if error.errno is not None:
            raise
        # huggingface_hub raises an OSError without errno for a file of another size; `_receive` checks that.


def _refused(model: HubModel, file: HubFile, error: Exception) -> HubError:
    """Return the error for a failed HTTP response."""
    from huggingface_hub import errors

    status = error.response.status_code
    unknown = (errors.RepositoryNotFoundError, errors.RevisionNotFoundError)
    if isinstance(error, errors.GatedRepoError):
        return _gated(model)
    if isinstance(error, unknown) or status in (404, 410):
        return _gone(model, file)
    if status in (401, 403):
        return _gated(model)
    return _unreachable(model, f"answers with status {status}")


def _prepare_command(model: HubModel) -> str:
    return f"`under500 prepare --tier {model.tier}`"


def _unreachable(model: HubModel, why: str) -> HubError:
    return UnreachableError(
        f"The Hugging Face hub {why} when asked for {model.name}: check the connection and run "
        f"{_prepare_command(model)} again, or set {variable(model)} to your own copy."
    )


def _offline(model: HubModel) -> HubError:
    return UnreachableError(
        f"{model.name} cannot be downloaded in offline mode: unset HF_HUB_OFFLINE and run "
        f"{_prepare_command(model)} again, or set {variable(model)} to your own copy."
    )


def _gone(model: HubModel, file: HubFile) -> HubError:
    return GoneError(
        f"The Hugging Face hub no longer has {file.name} of {model.repository} at commit "
        f"{model.revision[:12]}: get a copy of {model.origin} elsewhere and set {variable(model)} to it."
    )


def _gated(model: HubModel) -> HubError:
    return GatedError(
        f"{model.repository} has restricted access on the Hugging Face hub: accept its terms at "
        f"https://huggingface.co/{model.repository}, run `hf auth login`, "
        f"then {_prepare_command(model)} again."
    )


def _broken_off(model: HubModel, file: HubFile, received: int) -> HubError:
    return BrokenOffError(
        f"The connection was lost after {_size(received)} of the {_size(file.size)} of {file.name}: "
        f"run {_prepare_command(model)} again to resume; the received part is kept."
    )


def _other_content(model: HubModel, file: HubFile) -> store.CorruptFileError:
    return store.CorruptFileError(
        f"{file.name} of {model.repository} arrived with a checksum that differs from the catalog and was "
        f"deleted: run {_prepare_command(model)} again. If it fails again, look for a proxy or mirror "
        "in between."
    )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
