"""Downloads from a local fake of the hub on 127.0.0.1; no test uses the internet."""

import errno
import hashlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness import store
from harness.errors import PlainError, WrongUseError
from harness.models import catalog, hub
from harness.models.catalog import GGUF, HubFile, HubModel
from harness.setup import preparation

CONTENT = {"first.gguf": bytes(range(256)) * 40, "second.gguf": b"weights" * 500}
CHUNK = 1000  # bytes; the library reads 10 MiB at once, more than these files have


def file_of(name: str) -> HubFile:
    content = CONTENT[name]
    return HubFile(name, len(content), hashlib.sha256(content).hexdigest())


TINY = HubModel(
    name="Tiny-Model",
    role="small",
    tier="laptop",
    form=GGUF,
    repository="somebody/tiny",
    revision="0123456789abcdef0123456789abcdef01234567",
    files=tuple(file_of(name) for name in CONTENT),
    licence="MIT",
    origin="somebody/tiny",
)


class Hub(ThreadingHTTPServer):
    """A fake hub: /REPOSITORY/resolve/COMMIT/FILE redirects to the content, as on the real one."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = dict(CONTENT)
        self.gets = []  # (file, first byte asked for)
        self.refusal = None  # (status, the hub's error code)
        self.cuts = []  # bytes after which each of the next responses breaks off

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        name = self.path.rsplit("/", 1)[1]
        if self.server.refusal:
            self.refuse(*self.server.refusal)
        elif self.path == f"/{TINY.repository}/resolve/{TINY.revision}/{name}":
            self.send_response(302)
            self.send_header("Location", f"{self.server.address}/elsewhere/{name}")
            self.end_headers()
        elif name not in self.server.content:
            self.refuse(404, "EntryNotFound")
        else:
            self.give(name, body)

    def refuse(self, status, code):
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def give(self, name, body):
        content = self.server.content[name]
        start = int(self.headers.get("Range", "bytes=0-")[len("bytes=") : -1])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", '"1"')
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if body:
            self.server.gets.append((name, start))
            cut = self.server.cuts.pop(0) if self.server.cuts else len(content)
            self.wfile.write(content[start:][:cut])


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path / "home"))


@pytest.fixture
def library(monkeypatch):
    """Use huggingface_hub without the user's settings and without its pauses between retries."""
    import huggingface_hub

    # As in production, the library is offline except for the project's own downloads.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("harness.USER_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", CHUNK)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


def use(monkeypatch, address):
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def server(library, monkeypatch):
    with Hub() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        use(monkeypatch, running.address)
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def without_pauses(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.fixture
def tiny_tier(monkeypatch):
    monkeypatch.setitem(catalog.TIERS, "laptop", (TINY, catalog.MINILM))


def stop_at(byte, with_error):
    def progress(now):
        if now.done >= byte:
            raise with_error

    return progress


def test_the_plan_shows_sizes_and_licences_before_anything_is_asked():
    needs = hub.plan("laptop")
    assert [need.model.role for need in needs] == ["large", "large", "small", "draft"]
    assert all(need.size_mb == need.model.size_mb for need in needs)
    assert {need.model.licence for need in needs} == {"Apache-2.0"}
    assert hub.plan("offline") == ()


def test_an_unknown_tier_is_named_with_the_known_ones():
    with pytest.raises(WrongUseError, match="offline, laptop, gpu"):
        hub.plan("cloud")


def test_a_local_copy_needs_no_download(tiny_tier, server, tmp_path, monkeypatch):
    copy = tmp_path / "mine.gguf"
    copy.touch()
    monkeypatch.setenv("UNDER500_MODEL_TINY_MODEL", str(copy))
    assert hub.plan("laptop") == ()
    assert hub.fetch(TINY) == copy
    assert server.gets == []


def test_a_local_copy_that_is_not_there_is_an_error_and_no_download(server, tmp_path, monkeypatch):
    monkeypatch.setenv("UNDER500_MODEL_TINY_MODEL", str(tmp_path / "nothing"))
    with pytest.raises(store.StoreError, match="does not exist"):
        hub.fetch(TINY)
    assert server.gets == []


def test_a_download_is_whole_sealed_and_not_repeated(tiny_tier, server):
    seen = []
    path = hub.fetch(TINY, seen.append)
    assert path == TINY.folder / "first.gguf"
    assert {f.name: (path.parent / f.name).read_bytes() for f in TINY.files} == CONTENT
    assert TINY.verified() == path
    assert seen[-1] == hub.Progress("second.gguf", seen[-1].total, seen[-1].total)
    assert [now.done for now in seen] == sorted(now.done for now in seen)
    assert hub.plan("laptop", thorough=True) == ()
    hub.fetch(TINY)
    assert server.gets == [("first.gguf", 0), ("second.gguf", 0)]
    assert not list(path.parent.glob("*" + hub.UNFINISHED))


def test_a_stopped_download_goes_on_where_it_was(tiny_tier, server):
    with pytest.raises(KeyboardInterrupt):
        hub.fetch(TINY, stop_at(4 * CHUNK, KeyboardInterrupt()))
    kept = 3 * CHUNK  # the fourth piece was counted, not yet written
    assert hub.plan("laptop")[0].bytes == sum(map(len, CONTENT.values())) - kept
    with pytest.raises(store.StoreError, match="under500 prepare --tier laptop"):
        catalog.locate(TINY)
    hub.fetch(TINY)
    assert server.gets == [("first.gguf", 0), ("first.gguf", kept), ("second.gguf", 0)]
    TINY.verified()


def test_a_stop_while_the_checksum_is_taken_loses_nothing(server, monkeypatch):
    def stopped(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, "sha256", stopped)
        hub.fetch(TINY)
    hub.fetch(TINY)
    assert server.gets == [("first.gguf", 0), ("second.gguf", 0)]
    TINY.verified()


def test_a_connection_lost_once_is_picked_up_by_itself(server, without_pauses):
    server.cuts = [2 * CHUNK]
    hub.fetch(TINY)
    assert ("first.gguf", 2 * CHUNK) in server.gets
    TINY.verified()


def test_a_connection_lost_for_good_loses_nothing(server, without_pauses):
    server.cuts = [2 * CHUNK] + [0] * 10
    with pytest.raises(hub.BrokenOffError, match="under500 prepare --tier"):
        hub.fetch(TINY)
    server.cuts, server.gets = [], []
    hub.fetch(TINY)
    assert server.gets[0] == ("first.gguf", 2 * CHUNK)
    TINY.verified()


def test_a_file_damaged_later_is_noticed_and_fetched_alone(tiny_tier, server):
    hub.fetch(TINY)
    (TINY.folder / "second.gguf").write_bytes(b"weighty" * 500)
    assert hub.plan("laptop") == ()  # the quick look counts files
    assert hub.plan("laptop", thorough=True)[0].bytes == len(CONTENT["second.gguf"])
    with pytest.raises(store.CorruptFileError, match=r"second\.gguf .* --tier laptop"):
        TINY.verified()
    server.gets = []
    hub.fetch(TINY)
    assert server.gets == [("second.gguf", 0)]
    TINY.verified()


@pytest.mark.parametrize("content", [CONTENT["first.gguf"][::-1], b"short", b"long" * 9999])
def test_another_content_than_the_catalogs_is_thrown_away(server, content):
    server.content["first.gguf"] = content
    with pytest.raises(store.CorruptFileError, match="checksum"):
        hub.fetch(TINY)
    assert list(TINY.folder.iterdir()) == []


def test_a_leftover_longer_than_the_file_starts_anew(server):
    TINY.folder.mkdir(parents=True)
    (TINY.folder / ("first.gguf" + hub.UNFINISHED)).write_bytes(b"x" * 99_999)
    hub.fetch(TINY)
    TINY.verified()


@pytest.mark.parametrize(
    ("refusal", "kind", "sentence"),
    [
        ((404, "RepoNotFound"), hub.GoneError, "set UNDER500_MODEL_TINY_MODEL to it"),
        ((401, "RepoNotFound"), hub.GoneError, "no longer has"),
        ((404, "RevisionNotFound"), hub.GoneError, "at commit 0123456789ab"),
        ((404, "EntryNotFound"), hub.GoneError, r"no longer has first\.gguf"),
        ((404, None), hub.GoneError, "no longer has"),
        ((401, "GatedRepo"), hub.GatedError, "hf auth login"),
        ((403, "GatedRepo"), hub.GatedError, "accept its terms"),
        ((403, None), hub.GatedError, "somebody/tiny"),
        ((503, None), hub.UnreachableError, "answers with status 503"),
        ((429, None), hub.UnreachableError, "answers with status 429"),
    ],
)
def test_each_refusal_has_its_sentence(server, refusal, kind, sentence):
    server.refusal = refusal
    with pytest.raises(kind, match=sentence) as caught:
        hub.fetch(TINY)
    assert isinstance(caught.value, PlainError)
    assert "\n" not in str(caught.value)


def test_without_a_network_the_sentence_comes_at_once(library, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    use(monkeypatch, f"http://127.0.0.1:{closed}")
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waited and tried again"))
    with pytest.raises(hub.UnreachableError, match="check the connection"):
        hub.fetch(TINY)


def test_offline_mode_is_named(server, monkeypatch):
    monkeypatch.setattr("harness.USER_OFFLINE", True)
    with pytest.raises(hub.UnreachableError, match="unset HF_HUB_OFFLINE"):
        hub.fetch(TINY)
    assert server.gets == []


def test_too_little_room_is_said_before_the_download(server, monkeypatch):
    usage = type("Usage", (), {"free": 1_200})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(hub.NoRoomError, match=r"needs 0 MB .* has 0 MB free"):
        hub.fetch(TINY)
    with pytest.raises(hub.NoRoomError, match=r"needs 22\.\d GB .* set UNDER500_HOME"):
        hub.require_room(hub.plan("gpu"))
    assert server.gets == []


def test_a_disk_that_fills_up_keeps_what_is_there(server):
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(store.StoreError, match="disk is full"):
        hub.fetch(TINY, stop_at(3 * CHUNK, full))
    assert hub.fetch(TINY).exists()
    assert ("first.gguf", 2 * CHUNK) in server.gets


def test_nothing_imports_the_library_before_it_is_needed():
    code = "import sys, harness.models.hub; sys.exit('huggingface_hub' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, timeout=60).returncode == 0


@pytest.fixture
def without_package(monkeypatch):
    """A model of the offline tier whose package is not installed; the hub's files are TINY's."""
    first = file_of("first.gguf")
    model = replace(
        catalog.SMOLLM2,
        name=TINY.name,
        package="no_such_package",
        weights=first.name,
        sha256=first.sha256,
    )
    monkeypatch.setitem(catalog._HUB, TINY.name, TINY)
    monkeypatch.setattr(catalog, "OFFLINE", (model,))
    return model


def copies(folder: Path) -> Path:
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_model_without_its_package_is_downloaded_by_prepare(server, without_package):
    said = []
    preparation.obtain_models(said.append)
    assert without_package.verified().read_bytes() == CONTENT["first.gguf"]
    assert TINY.repository in said[0]
    preparation.obtain_models(said.append)
    assert len(said) == 1


@pytest.mark.parametrize("named", ["", "first.gguf"], ids=["folder", "file"])
def test_a_model_without_its_package_is_taken_from_a_named_copy(
    tmp_path, monkeypatch, without_package, named
):
    folder = copies(tmp_path / "mine")
    monkeypatch.setenv(catalog.variable(TINY), str(folder / named))
    preparation.obtain_models(lambda line: None)
    shutil.rmtree(folder)
    assert without_package.verified().read_bytes() == CONTENT["first.gguf"]


@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_bytes(b"another model")])
def test_a_named_copy_with_other_content_is_refused(tmp_path, monkeypatch, without_package, spoil):
    folder = copies(tmp_path / "mine")
    spoil(folder / "second.gguf")
    monkeypatch.setenv(catalog.variable(TINY), str(folder))
    with pytest.raises(store.CorruptFileError, match=f"correct {catalog.variable(TINY)}"):
        preparation.obtain_models(lambda line: None)
    assert without_package.found() is None
