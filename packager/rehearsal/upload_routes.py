"""Take in files and commits.

preupload   which files are large
LFS batch   where their bytes go -> PUT (whole, or in parts and then POST)
commit      what becomes of all of them: every change, or none
"""

from __future__ import annotations

import base64
import secrets
import tempfile
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from dulwich.attrs import compile_gitattributes_patterns, match_path, parse_git_attributes
from dulwich.ignore import IgnoreFilter, read_ignore_patterns
from dulwich.lfs import LFSPointer
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from packager.rehearsal.account import NAME
from packager.rehearsal.calls import json_object, object_list, size_field, text_field
from packager.rehearsal.lfs_store import pour
from packager.rehearsal.names import check_object, check_path
from packager.rehearsal.records import Put, Remove, read_pointer
from packager.rehearsal.refusal import RefusalError, bad_request

if TYPE_CHECKING:
    from packager.rehearsal.calls import Call, RouteEntry, StreamEntry
    from packager.rehearsal.repositories import Repository

LARGE_BYTES = 10_000_000
"""From this size on, every file is a large file."""
PART_BYTES = 16 << 20
"""Larger files are sent in parts of this size."""
_LONGEST_LINE = 16 << 20
_LFS_JSON = "application/vnd.git-lfs+json"


@dataclass(frozen=True, slots=True)
class _Change:
    """What a client wants to commit."""

    parent: str | None
    operations: tuple[Put | Remove, ...]
    title: str
    description: str


def preupload(call: Call) -> Response:
    """Answer for each file whether it is large, whether to leave it out, and what the branch has there."""
    repository = call.repository(write=True, contribute=call.flag("create_pr"))
    git = repository.git
    fields = call.fields()
    files = object_list(fields, "files")
    paths = [check_path(text_field(file, "path"), status=422) for file in files]
    commit = git.resolve(call.segment("revision"))
    standing = {
        entry.path: entry.sha256 or entry.oid for entry in git.find(commit, paths) if not entry.is_folder
    }
    attributes = _read_text(repository, commit, ".gitattributes")
    patterns = compile_gitattributes_patterns(parse_git_attributes(BytesIO(attributes)))
    ignored = fields.get("gitIgnore")
    ignore_text = (
        ignored.encode() if isinstance(ignored, str) else _read_text(repository, commit, ".gitignore")
    )
    ignores = IgnoreFilter(read_ignore_patterns(BytesIO(ignore_text)))
    answers: list[dict[str, object]] = []
    for path, file in zip(paths, files, strict=True):
        is_filtered = match_path(patterns, path.encode()).get(b"filter") == b"lfs"
        is_large = is_filtered or size_field(file, "size") >= LARGE_BYTES
        answer: dict[str, object] = {"path": path, "uploadMode": "lfs" if is_large else "regular"}
        answer["shouldIgnore"] = ignores.is_ignored(path) is True
        if path in standing:
            answer["oid"] = standing[path]
        answers.append(answer)
    return JSONResponse({"files": answers, "commitOid": commit})


def lfs_batch(call: Call) -> Response:
    """Answer where to send the large files that the repository does not have yet."""
    fields = call.fields()
    if text_field(fields, "operation") != "upload":
        raise RefusalError(501, "LFS batch download is not implemented by the rehearsal Hub.")
    repository = call.repository(write=True, contribute=True)  # for a pull request, it may be
    transfers = fields.get("transfers") or ["basic"]
    is_multipart = isinstance(transfers, list) and "multipart" in transfers
    objects = []
    for item in object_list(fields, "objects"):
        oid, size = check_object(text_field(item, "oid")), size_field(item, "size")
        answer: dict[str, object] = {"oid": oid, "size": size, "authenticated": True}
        if repository.large.size(oid) != size:
            answer["actions"] = _upload_actions(call, repository, oid, size, in_parts=is_multipart)
        objects.append(answer)
    transfer = "multipart" if is_multipart else "basic"
    return JSONResponse(
        {"transfer": transfer, "objects": objects, "hash_algo": "sha256"}, media_type=_LFS_JSON
    )


def _upload_actions(
    call: Call, repository: Repository, oid: str, size: int, *, in_parts: bool
) -> dict[str, object]:
    identity = repository.identity
    place = f"/lfs/{identity.kind}/{identity.repo_id}/{oid}"
    fields = {"size": str(size), "upload": secrets.token_hex(16)}

    def address(**more: str) -> str:
        signed = fields | more
        signed["signature"] = call.hub.accounts.sign(place, signed)
        return f"{call.endpoint}{place}?" + "&".join(f"{name}={value}" for name, value in signed.items())

    header: dict[str, str] = {}
    if in_parts and size > PART_BYTES:
        count = -(-size // PART_BYTES)
        header = {f"{part:05d}": address(part=str(part)) for part in range(1, count + 1)}
        header["chunk_size"] = str(PART_BYTES)
    verify = f"{call.endpoint}/api/{identity.kind}/{identity.repo_id}/lfs-verify"
    return {"upload": {"href": address(), "header": header}, "verify": {"href": verify}}


async def receive_object(call: Call) -> Response:
    """Take in a large file, or one part of it, at an address given out by `lfs_batch`."""
    repository, oid, fields = _signed_upload(call)
    size, chunks = int(fields["size"]), call.request.stream()
    if "part" in fields:
        start = (int(fields["part"]) - 1) * PART_BYTES
        await repository.lfs.receive_part(fields["upload"], start, min(PART_BYTES, size - start), chunks)
    else:
        await repository.lfs.receive(oid, size, chunks)
    return Response(headers={"ETag": f'"{fields["upload"]}-{fields.get("part", "0")}"'})


def complete_object(call: Call) -> Response:
    """Put a large file together whose parts have all arrived."""
    repository, oid, fields = _signed_upload(call)
    repository.lfs.complete(fields["upload"], oid, int(fields["size"]))
    return JSONResponse({"success": True}, media_type=_LFS_JSON)


def verify_object(call: Call) -> Response:
    """Answer whether a large file has arrived."""
    repository = call.repository(write=True, contribute=True)
    fields = call.fields()
    oid, size = check_object(text_field(fields, "oid")), size_field(fields, "size")
    if repository.large.size(oid) != size:
        raise RefusalError(404, f"The large file {oid} of {size} bytes has not arrived.")
    return JSONResponse({})


def _signed_upload(call: Call) -> tuple[Repository, str, dict[str, str]]:
    fields = dict(call.request.query_params)
    call.hub.accounts.check_signature(call.request.scope["path"], fields)
    repository = call.hub.repositories.find(call.identity())
    if repository is None:
        raise RefusalError(404, "Repository not found", code="RepoNotFound")
    return repository, check_object(call.segment("oid")), fields


async def commit(call: Call) -> Response:
    """Make a commit from lines of JSON: a header, then one line for each change."""
    is_apart = call.flag("create_pr")
    repository = await run_in_threadpool(call.repository, write=True, contribute=is_apart)
    with tempfile.TemporaryFile(dir=call.hub.repositories.incoming) as file:
        await pour(call.request.stream(), file)
        make = _commit_apart if is_apart else _commit_lines
        answer = await run_in_threadpool(make, call, repository, file)
    return JSONResponse({"success": True, "hookOutput": "", **answer})


def _commit_lines(call: Call, repository: Repository, file: BinaryIO) -> dict[str, object]:
    revision = call.segment("revision")
    repository.git.head(revision)  # before anything is read: a commit on nothing is answered as such
    change = _read_change(repository, file)
    oid = repository.git.commit(revision, change.parent, change.operations, change.title, change.description)
    return {"commitOid": oid, "commitUrl": f"{call.endpoint}/{repository.identity.page}/commit/{oid}"}


def _commit_apart(call: Call, repository: Repository, file: BinaryIO) -> dict[str, object]:
    """Commit to a new pull request; it begins at the parent that is named, or at the head."""
    change = _read_change(repository, file)
    git = repository.git
    head = git.head(call.segment("revision"))
    base = git.resolve(change.parent) if change.parent else head
    made: list[str] = []

    def make(number: int) -> None:
        made.append(git.commit_apart(number, base, change.operations, change.title, change.description))

    pull = repository.pulls.open(change.title, NAME, base, make, status="open")
    page = f"{call.endpoint}/{repository.identity.page}"
    return {
        "commitOid": made[0],
        "commitUrl": f"{page}/commit/{made[0]}",
        "pullRequestUrl": f"{page}/discussions/{pull.number}",
    }


def _read_change(repository: Repository, file: BinaryIO) -> _Change:
    file.seek(0)
    header: dict[str, Any] | None = None
    operations: list[Put | Remove] = []
    while line := file.readline(_LONGEST_LINE):
        if not line.endswith(b"\n") and len(line) == _LONGEST_LINE:
            raise RefusalError(413, f"A line of the commit is longer than {_LONGEST_LINE} bytes.")
        if line.strip():
            key, value = _read_line(line)
            if (key == "header") is (header is not None):
                raise bad_request("A commit begins with its header, and has one.")
            if header is None:
                header = value
            else:
                operations.append(_read_operation(repository, key, value))
    if header is None:
        raise bad_request("The commit has no header.")
    title = text_field(header, "summary").strip()
    if not title:
        raise bad_request("The commit has no summary.")
    parent = text_field(header, "parentCommit", "") or None
    return _Change(parent, tuple(operations), title, text_field(header, "description", ""))


def _read_line(line: bytes) -> tuple[str, dict[str, Any]]:
    fields = json_object(line)
    value = fields.get("value")
    if not isinstance(value, dict):
        raise bad_request("A line of a commit is an object with 'key' and 'value'.")
    return text_field(fields, "key"), value


def _read_operation(repository: Repository, key: str, value: dict[str, Any]) -> Put | Remove:
    path = text_field(value, "path")
    match key:
        case "file":
            return Put(check_path(path, status=422), _store_file(repository, path, value))
        case "lfsFile":
            return Put(check_path(path, status=422), _store_pointer(repository, path, value))
        case "deletedFile":
            return Remove(check_path(path, status=422), is_folder=False)
        case "deletedFolder":
            return Remove(check_path(path.rstrip("/"), status=422), is_folder=True)
    raise bad_request(f"Unknown operation {key[:40]!r}.")


def _store_file(repository: Repository, path: str, value: dict[str, Any]) -> str:
    text = text_field(value, "content")
    try:
        content = (
            base64.b64decode(text, validate=True) if value.get("encoding") == "base64" else text.encode()
        )
    except ValueError:
        raise bad_request(f"The content of {path!r} is not what its encoding says.") from None
    if len(content) >= LARGE_BYTES:
        raise RefusalError(413, f"{path!r} is larger than {LARGE_BYTES} bytes: send it as a large file.")
    pointer = read_pointer(content)
    if pointer is not None:
        _check_arrived(repository, path, pointer.oid, pointer.size)
    return repository.git.add_blob(content)


def _store_pointer(repository: Repository, path: str, value: dict[str, Any]) -> str:
    oid = check_object(text_field(value, "oid"))
    # A copy within the repository names no size.
    size = size_field(value, "size") if "size" in value else repository.large.size(oid)
    size = _check_arrived(repository, path, oid, size)
    return repository.git.add_blob(LFSPointer(oid, size).to_bytes())


def _check_arrived(repository: Repository, path: str, oid: str, size: int | None) -> int:
    if size is None or repository.large.size(oid) != size:
        raise bad_request(f"{path!r} points to the large file {oid}, whose bytes have not arrived.")
    return size


def _read_text(repository: Repository, commit: str, path: str) -> bytes:
    for entry in repository.git.find(commit, [path]):
        if not entry.is_folder and entry.sha256 is None:
            return repository.git.read_blob(entry.oid)
    return b""


_BATCH = "/{name}.git/info/lfs/objects/batch"
ROUTES: tuple[RouteEntry, ...] = (
    ("POST", "/api/{kind:kind}/{namespace}/{name}/preupload/{revision}", preupload),
    ("POST", "/api/{kind:kind}/{namespace}/{name}/lfs-verify", verify_object),
    ("POST", "/{kind:prefix}/{namespace}" + _BATCH, lfs_batch),
    ("POST", "/{namespace:owner}" + _BATCH, lfs_batch),
    ("POST", "/lfs/{kind:kind}/{namespace}/{name}/{oid}", complete_object),
)
STREAM_ROUTES: tuple[StreamEntry, ...] = (
    ("POST", "/api/{kind:kind}/{namespace}/{name}/commit/{revision}", commit),
    ("PUT", "/lfs/{kind:kind}/{namespace}/{name}/{oid}", receive_object),
)
