"""A small Hub that is not the rehearsal Hub: written against the public API of the client alone.

It keeps everything in memory and shares no code with `packager`. Its `Habits` are the shapes that the
protocol permits, or that servers have: how errors are said, how lists are paged, where large files lie, what
is left out.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.server
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN: Final = "plain-token-of-a-plain-hub"  # noqa: S105 - of a server that lives as long as a test
_EPOCH: Final = "2026-01-01T00:00:00.000Z"


@dataclass
class Habits:
    """What is this server's own."""

    errors: str = "json"
    """How a refusal is said: `json`, `text`, `html`, `list` (JSON of another shape), `latin` (no UTF-8)."""
    codes: bool = True
    """Whether a refusal has the header X-Error-Code."""
    page: int = 1000
    relative: bool = False
    """Whether the link to the next page is without the host."""
    large: str = "parquet"
    """What is a large file: `parquet`, `all`, `nothing`."""
    lfs: str = "basic"
    """How large files come: `basic`, `verified`, `parts`."""
    elsewhere: bool = False
    """Whether large files lie at another host, which takes no one's token."""
    git_ids: bool = True
    """Whether the id of a regular file is that of git."""
    birth: str = ".gitattributes"
    """What a new repository holds: this file; empty: not even a commit."""
    zipped: bool = False
    stale: int = 412
    """The answer to a commit whose parent is not the head."""
    spare: bool = False
    """Whether all is left out that may be."""
    unknown: tuple[int, bytes] = (404, b"")
    """The answer to what this server does not know."""


@dataclass
class Repository:
    """Commits, the oldest first, and tags."""

    commits: list[tuple[str, str, dict[str, bytes]]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    private: bool = False
    pulls: list[str] = field(default_factory=list)

    def find(self, revision: str) -> tuple[str, str, dict[str, bytes]] | None:
        wanted = self.tags.get(revision, revision)
        if wanted in {"main", "refs/heads/main"} and self.commits:
            return self.commits[-1]
        return next((commit for commit in self.commits if commit[0] == wanted), None)

    def add(self, title: str, files: dict[str, bytes]) -> str:
        seed = f"{len(self.commits)} {title} {sorted((path, _sha256(data)) for path, data in files.items())}"
        name = hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()
        self.commits.append((name, title, files))
        return name


class PlainHub:
    """What the server keeps, and what it was asked."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.repositories: dict[str, Repository] = {}
        self.renamed: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.requests: list[str] = []
        self.once: dict[str, tuple[int, dict[str, str], bytes]] = {}
        """By method and part of the path: what is answered the first time instead."""
        self.lock = threading.Lock()
        self.endpoint = self.elsewhere = ""

    def is_large(self, path: str) -> bool:
        return {"all": True, "nothing": False}.get(self.habits.large, path.endswith(".parquet"))


class Refused(Exception):  # noqa: N818 - it is an answer
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class _Server(http.server.ThreadingHTTPServer):
    def __init__(self, hub: PlainHub, handler: type[http.server.BaseHTTPRequestHandler], host: str) -> None:
        super().__init__((host, 0), handler)
        self.hub = hub


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self.take()

    def do_POST(self) -> None:
        self.take()

    def do_PUT(self) -> None:
        self.take()

    def take(self) -> None:
        self.hub = self.server.hub
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.steps = [unquote(step) for step in parts.path.split("/")[1:]]
        asked = f"{self.command} {parts.path}"
        self.hub.requests.append(asked)
        for key, answer in list(self.hub.once.items()):
            if all(word in asked for word in key.split(" ")):
                del self.hub.once[key]
                self.send(answer[0], answer[2], answer[1])
                return
        with self.hub.lock:
            try:
                self.answer()
            except Refused as refused:
                self.refuse(refused)
            except _Sent:
                pass

    def answer(self) -> None:
        raise NotImplementedError

    # --- how it is said ----------------------------------------------------------------------------

    def say(self, document: object, *, status: int = 200, link: str = "") -> None:
        headers = {"Content-Type": "application/json"} | ({"Link": link} if link else {})
        self.send(status, json.dumps(document).encode(), headers)

    def send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        if self.hub.habits.zipped and status == 200:
            data, headers = gzip.compress(data), {**headers, "Content-Encoding": "gzip"}
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, refused: Refused) -> None:
        headers = {"X-Error-Code": refused.code} if self.hub.habits.codes and refused.code else {}
        kind, data = {
            "json": ("application/json", json.dumps({"error": refused.message}).encode()),
            "text": ("text/plain", refused.message.encode()),
            "html": ("text/html", f"<html><h1>{refused.message}</h1></html>".encode()),
            "list": ("application/json", json.dumps([refused.message]).encode()),
            "latin": ("text/plain; charset=latin-1", b"\xe9tat \xff"),
        }[self.hub.habits.errors]
        self.send(refused.status, data, {"Content-Type": kind, **headers})

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Storage(_Handler):
    """Where large files lie: it knows no accounts, and refuses who shows a token, as others' storages do."""

    def answer(self) -> None:
        if self.headers.get("Authorization"):
            raise Refused(400, "", "Only one auth mechanism allowed")
        match self.command, self.steps:
            case "PUT", [oid]:
                self.hub.blobs[oid] = self.body
            case "PUT", [oid, number]:
                self.hub.parts.setdefault(oid, {})[int(number)] = self.body
            case "GET", [oid]:
                self.send(200, self.hub.blobs[oid], {"ETag": f'W/"{oid[:8]}"'})
                return
            case _:
                raise Refused(404, "", "no such key")
        self.send(200, b"", {"ETag": f'"{_sha256(self.body)[:32]}"'})


class _Api(_Handler):
    def answer(self) -> None:
        match self.steps:
            case ["api", "whoami-v2"]:
                self.log_in()
                self.say({"name": "me"})
            case ["api", "repos", "create"]:
                self.create()
            case ["api", "datasets", space, name, *rest]:
                self.api(self.repository(f"{space}/{name}"), f"{space}/{name}", rest)
            case ["datasets", space, name, "resolve", revision, *path]:
                self.resolve(self.repository(f"{space}/{name}"), revision, "/".join(path))
            case ["datasets", space, name, "info", "lfs", "objects", "batch"] if name.endswith(".git"):
                self.log_in()
                self.repository(f"{space}/{name.removesuffix('.git')}")
                self.say({"objects": [self.batch(each) for each in json.loads(self.body)["objects"]]})
            case ["complete", oid]:
                parts = self.hub.parts.pop(oid)
                self.hub.blobs[oid] = b"".join(parts[number] for number in sorted(parts))
                self.say({})
            case ["verify", oid]:
                self.log_in()
                if len(self.hub.blobs[oid]) != json.loads(self.body)["size"]:
                    raise Refused(422, "", "another size")
                self.say({})
            case _:
                self.send(*self.hub.habits.unknown, {"Content-Type": "text/html"})

    def log_in(self) -> None:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "", "Invalid username or password.")

    def repository(self, repo_id: str) -> Repository:
        if (new := self.hub.renamed.get(repo_id)) is not None:
            there = self.path.replace(f"/{repo_id}", f"/{new}", 1)
            self.send(307, b"Temporary Redirect", {"Location": there})
            raise _Sent
        found = self.hub.repositories.get(repo_id)
        if found is None:
            raise Refused(404, "RepoNotFound", "Repository not found")
        if found.private:
            self.log_in()
        return found

    def create(self) -> None:
        self.log_in()
        asked = json.loads(self.body)
        repo_id = f"{asked.get('organization') or 'me'}/{asked['name']}"
        url = f"{self.hub.endpoint}/datasets/{repo_id}"
        if repo_id in self.hub.repositories:
            self.say({"error": "You already created this dataset repo", "url": url}, status=409)
            return
        new = self.hub.repositories[repo_id] = Repository(private=asked.get("visibility") == "private")
        if birth := self.hub.habits.birth:
            new.add("initial commit", {birth: b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"})
        self.say({"url": url})

    def api(self, there: Repository, repo_id: str, rest: list[str]) -> None:
        match self.command, rest:
            case "GET", []:
                self.say({"id": repo_id, "private": there.private})
            case "GET", ["refs"]:
                self.say(self.refs(there))
            case "GET", ["tree", revision]:
                files = self.commit(there, revision)[2]
                self.page([self.entry(path, data) for path, data in sorted(files.items())])
            case "GET", ["commits", revision]:
                last = self.commit(there, revision)[0]
                names = [commit[0] for commit in there.commits]
                self.page([self.history(each) for each in reversed(there.commits[: names.index(last) + 1])])
            case "POST", ["preupload", _]:
                self.log_in()
                self.say({"files": [self.mode(each["path"]) for each in json.loads(self.body)["files"]]})
            case "POST", ["commit", "main"]:
                self.log_in()
                self.write(there, repo_id)
            case "POST", ["tag", revision]:
                self.log_in()
                name, commit = json.loads(self.body)["tag"], self.commit(there, revision)[0]
                if name in there.tags:
                    raise Refused(409, "", "Tag reference exists already")
                there.tags[name] = commit
                self.send(200, b"", {})
            case _:
                self.send(*self.hub.habits.unknown, {"Content-Type": "text/html"})

    def commit(self, there: Repository, revision: str) -> tuple[str, str, dict[str, bytes]]:
        found = there.find(revision)
        if found is None:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return found

    def refs(self, there: Repository) -> dict[str, Any]:
        branches = [("main", there.commits[-1][0])] if there.commits else []
        found = {
            "branches": [_ref(name, "heads", commit) for name, commit in branches],
            "tags": [_ref(name, "tags", commit) for name, commit in there.tags.items()],
        }
        return found if self.hub.habits.spare else {**found, "converts": [], "pullRequests": []}

    def entry(self, path: str, data: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": self.blob_id(data)}
        if self.hub.is_large(path):
            entry["lfs"] = {"oid": _sha256(data), "size": len(data)}
            if not self.hub.habits.spare:
                entry["lfs"]["pointerSize"] = 134
        return entry

    def blob_id(self, data: bytes) -> str:
        before = b"blob %d\0" % len(data) if self.hub.habits.git_ids else b""
        return hashlib.sha1(before + data, usedforsecurity=False).hexdigest()

    def history(self, commit: tuple[str, str, dict[str, bytes]]) -> dict[str, Any]:
        found = {"id": commit[0], "title": commit[1]}
        more = {"message": "", "date": _EPOCH, "authors": [{"user": "me"}]}
        return found if self.hub.habits.spare else {**found, **more}

    def page(self, entries: list[dict[str, Any]]) -> None:
        at, size = int(self.query.get("cursor", "0")), self.hub.habits.page
        link = ""
        if at + size < len(entries):
            host = "" if self.hub.habits.relative else self.hub.endpoint
            query = "&".join(
                f"{name}={quote(value)}" for name, value in (self.query | {"cursor": str(at + size)}).items()
            )
            link = f'<{host}{urlsplit(self.path).path}?{query}>; rel="next"'
        self.say(entries[at : at + size], link=link)

    def mode(self, path: str) -> dict[str, Any]:
        mode = "lfs" if self.hub.is_large(path) else "regular"
        return {"path": path, "uploadMode": mode, "shouldIgnore": False}

    def write(self, there: Repository, repo_id: str) -> None:
        head, *lines = [json.loads(line) for line in self.body.splitlines()]
        parent = head["value"].get("parentCommit")
        if parent is not None and parent != (there.commits[-1][0] if there.commits else None):
            raise Refused(
                self.hub.habits.stale, "", "A commit has happened since. Please refresh and try again."
            )
        files = dict(there.commits[-1][2]) if there.commits else {}
        for line in lines:
            match line:
                case {"key": "file", "value": {"path": path, "content": content}}:
                    files[path] = base64.b64decode(content)
                case {"key": "lfsFile", "value": {"path": path, "oid": oid}}:
                    files[path] = self.hub.blobs[oid]
                case {"key": "deletedFile", "value": {"path": path}}:
                    del files[path]
        name = there.add(head["value"]["summary"], files)
        url = f"{self.hub.endpoint}/datasets/{repo_id}/commit/{name}"
        self.say({"success": True, "commitOid": name, "commitUrl": url, "hookOutput": ""})

    def batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        oid, size = asked["oid"], asked["size"]
        answer = {"oid": oid, "size": size}
        if oid in self.hub.blobs:
            return answer
        host = self.hub.elsewhere
        if self.hub.habits.lfs == "parts":
            half = (size + 1) // 2
            links = {f"{number:05}": f"{host}/{oid}/{number}" for number in (1, 2)}
            upload = {
                "href": f"{self.hub.endpoint}/complete/{oid}",
                "header": {"chunk_size": str(half), **links},
            }
        else:
            upload = {"href": f"{host}/{oid}"}
        actions = {"upload": upload}
        if self.hub.habits.lfs == "verified":
            actions["verify"] = {"href": f"{self.hub.endpoint}/verify/{oid}"}
        return {**answer, "actions": actions}

    def resolve(self, there: Repository, revision: str, path: str) -> None:
        data = self.commit(there, revision)[2].get(path)
        if data is None:
            raise Refused(404, "EntryNotFound", "Entry not found")
        if self.hub.is_large(path) and self.hub.habits.elsewhere:
            self.send(302, b"", {"Location": f"{self.hub.elsewhere}/{_sha256(data)}"})
        else:
            self.send(200, data, {"Content-Type": "application/octet-stream"})


class _Sent(Exception):  # noqa: N818 - it is an answer that was given
    pass


def _ref(name: str, kind: str, commit: str) -> dict[str, str]:
    return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": commit}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def run_plain_hub(habits: Habits | None = None) -> Iterator[PlainHub]:
    """Serve a Hub at `hub.endpoint`, and its storage at another host."""
    hub = PlainHub(habits or Habits())
    with _Server(hub, _Api, "127.0.0.1") as api, _Server(hub, _Storage, "127.0.0.2") as storage:
        hub.endpoint = f"http://127.0.0.1:{api.server_port}"
        hub.elsewhere = f"http://127.0.0.2:{storage.server_port}"
        threads = [threading.Thread(target=each.serve_forever, args=(0.05,)) for each in (api, storage)]
        for thread in threads:
            thread.start()
        try:
            yield hub
        finally:
            for server, thread in zip((api, storage), threads, strict=True):
                server.shutdown()
                thread.join()
