"""Build folders written with pyarrow alone, the rehearsal Hub, and a wire to it that can break."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import os
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from packager.built import BuiltFile, Manifest, Split
from packager.hub import Hub, connect_hub
from packager.manifest import dump_manifest
from packager.model import Column
from packager.rehearsal import HubAddress, run_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REPO = "me/turns"
COLUMNS = (
    Column("recording", "string", nullable=False),
    Column("segment", "int64", nullable=False),
    Column("Text", "string", nullable=False),
)
SCHEMA = pa.schema([("recording", pa.string()), ("segment", pa.int64()), ("Text", pa.string())])

Shards: TypeAlias = dict[str, list[dict[str, Any]]]


class Builds:
    """Writes build folders: shards, card and manifest, as a build does."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(
        self,
        name: str,
        shards: Shards,
        *,
        title: str = "Turns",
        license_id: str = "cc0-1.0",
        columns: tuple[Column, ...] = COLUMNS,
        schema: Any = SCHEMA,  # noqa: ANN401 - pyarrow has no types
    ) -> tuple[Path, Manifest]:
        folder = self.root / name
        (folder / "data").mkdir(parents=True)
        for path, rows in shards.items():
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / path)
        splits = sorted({path.removeprefix("data/").partition("-")[0] for path in shards})
        (folder / "README.md").write_text(_card(splits, title, license_id), encoding="utf-8")
        manifest = Manifest(
            schema_sha256="5" * 64,
            columns=columns,
            splits=tuple(_split(split, shards) for split in splits),
            files=tuple(
                _built_file(folder, path, len(shards[path]) if path in shards else None)
                for path in sorted([*shards, "README.md"])
            ),
            recordings=(),
            dropped=(),
            warnings=(),
        )
        (folder / "manifest.json").write_bytes(dump_manifest(manifest))
        return folder, manifest

    def two_shards(self) -> tuple[Path, Manifest]:
        return self.write(
            "two-shards",
            {
                "data/train-00000-of-00002.parquet": [_row("a", 0, "good morning")],
                "data/train-00001-of-00002.parquet": [_row("b", 0, "how are you")],
            },
        )

    def longer_second_shard(self) -> tuple[Path, Manifest]:
        """Two shards again, of which only the second has changed."""
        return self.write(
            "longer-second-shard",
            {
                "data/train-00000-of-00002.parquet": [_row("a", 0, "good morning")],
                "data/train-00001-of-00002.parquet": [_row("b", 0, "how are you"), _row("b", 1, "fine")],
            },
        )

    def one_shard(self) -> tuple[Path, Manifest]:
        return self.write("one-shard", {"data/train-00000-of-00001.parquet": [_row("a", 0, "good morning")]})


def _row(recording: str, segment: int, text: str) -> dict[str, Any]:
    return {"recording": recording, "segment": segment, "Text": text}


def _card(splits: list[str], title: str, license_id: str) -> str:
    lines = ["---", f"license: {license_id}", "configs:", "- config_name: default", "  data_files:"]
    for split in splits:
        lines += [f"  - split: {split}", f"    path: data/{split}-*"]
    return "\n".join([*lines, "---", f"# {title}", "", "What was said.", ""])


def _split(name: str, shards: Shards) -> Split:
    own = [rows for path, rows in shards.items() if path.startswith(f"data/{name}-")]
    return Split(name, sum(map(len, own)), len(own), 100)


def _built_file(folder: Path, path: str, rows: int | None) -> BuiltFile:
    data = (folder / path).read_bytes()
    return BuiltFile(path, len(data), hashlib.sha256(data).hexdigest(), rows)


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(tmp_path)


@pytest.fixture
def hub_root(tmp_path: Path) -> Path:
    return tmp_path / "hub"


@pytest.fixture
def address(hub_root: Path) -> Iterator[HubAddress]:
    with run_hub(hub_root) as address:
        yield address


@pytest.fixture
def said() -> list[str]:
    """What a connection says while it waits."""
    return []


@pytest.fixture
def hub(address: HubAddress, said: list[str]) -> Hub:
    return connect_hub(address.endpoint, address.token, say=said.append, waits=(0, 0))


class Stranger:
    """Somebody else who may write to the repository, with the plain client."""

    def __init__(self, address: HubAddress) -> None:
        self.api = HfApi(address.endpoint, token=address.token)

    def put(self, path: str, data: bytes) -> str:
        operation = CommitOperationAdd(path, data)
        return self.api.create_commit(REPO, [operation], commit_message="mine", repo_type="dataset").oid

    def delete(self, path: str) -> None:
        operation = CommitOperationDelete(path)
        self.api.create_commit(REPO, [operation], commit_message="gone", repo_type="dataset")

    def read(self, path: str, revision: str, folder: Path) -> bytes:
        self.api.hf_hub_download(REPO, path, repo_type="dataset", revision=revision, local_dir=folder)
        return (folder / path).read_bytes()

    def titles(self) -> list[str]:
        """Return the titles of the commits, the newest first."""
        return [commit.title for commit in self.api.list_repo_commits(REPO, repo_type="dataset")]

    def tags(self) -> dict[str, str]:
        refs = self.api.list_repo_refs(REPO, repo_type="dataset")
        return {tag.name: tag.target_commit for tag in refs.tags}


@pytest.fixture
def stranger(address: HubAddress) -> Stranger:
    return Stranger(address)


@dataclass
class Fault:
    """What befalls the next requests of a kind."""

    method: str
    path: str
    """A regular expression, searched for in the path."""
    deed: str
    """`lose`: carried out, but the answer is lost; `twist`: carried out, but answered with other words;
    `cut`: never arrives; else the status of an answer that comes instead."""
    times: int
    after: Callable[[], object]
    """Called when the deed is done, before the client learns of it."""
    answer: tuple[dict[str, str], bytes]
    """The headers and the body that go with a status."""


@dataclass
class Wire:
    """A way to the Hub that forwards every request, unless a fault stands for it."""

    endpoint: str
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def break_next(
        self,
        method: str,
        path: str,
        deed: str,
        *,
        times: int = 1,
        after: Callable[[], object] = lambda: None,
        headers: dict[str, str] | None = None,
        body: bytes = b"the wire says no",
    ) -> None:
        """Let the next requests of a kind fail; see `Fault`."""
        self.faults.append(Fault(method, path, deed, times, after, (headers or {}, body)))

    def take_fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == method and re.search(fault.path, path):
                fault.times -= 1
                return fault
        return None


@pytest.fixture
def wire(address: HubAddress) -> Iterator[Wire]:
    with _WireServer(address.endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.wire
        server.shutdown()
        thread.join()


@pytest.fixture
def wired_hub(wire: Wire, address: HubAddress, said: list[str]) -> Hub:
    """The Hub, reached over the wire that can break; tried three times."""
    return connect_hub(wire.endpoint, address.token, say=said.append, waits=(0, 0))


class _WireServer(http.server.ThreadingHTTPServer):
    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), _WireHandler)
        self.target = urlsplit(endpoint).netloc
        self.wire = Wire(f"http://127.0.0.1:{self.server_port}")


class _WireHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms
    server: _WireServer

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Handle every method alike."""
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self.forward

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.wire.requests.append(f"{self.command} {self.path}")
        fault = self.server.wire.take_fault(self.command, self.path)
        if fault is None:
            self.ask(body, answer=True)
        else:
            self.fail(fault, body)

    def fail(self, fault: Fault, body: bytes) -> None:
        if fault.deed in {"lose", "twist"}:
            self.ask(body, answer=False)
        fault.after()
        if fault.deed in {"lose", "cut"}:
            self.close_connection = True
        else:
            status = 200 if fault.deed == "twist" else int(fault.deed)
            headers, data = fault.answer
            self.reply(status, [*headers.items(), ("Content-Type", "text/plain")], data)

    def ask(self, body: bytes, *, answer: bool) -> None:
        connection = http.client.HTTPConnection(self.server.target)
        connection.request(self.command, self.path, body, dict(self.headers))
        response = connection.getresponse()
        data = response.read()
        connection.close()
        if answer:
            self.reply(response.status, response.getheaders(), data)

    def reply(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _proxies_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting to this machine adds it to NO_PROXY; take that back after each test."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
