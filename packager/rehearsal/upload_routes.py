"""Take in commits: `preupload` says which files are large, `commit` makes every change, or none."""

from __future__ import annotations

import base64
import math
import re
import tempfile
from io import BytesIO
from typing import Any, BinaryIO

from dulwich.attrs import compile_gitattributes_patterns, match_path, parse_git_attributes
from dulwich.ignore import IgnoreFilter, read_ignore_patterns
from dulwich.lfs import LFSPointer
from starlette.concurrency import run_in_threadpool

from packager.rehearsal.account import NAME
from packager.rehearsal.calls import Call, json_object, object_list, size_field, text_field
from packager.rehearsal.large_files import pour
from packager.rehearsal.metadata import judge_readme
from packager.rehearsal.names import check_object, check_path
from packager.rehearsal.records import Put, Remove, read_pointer
from packager.rehearsal.refusal import RefusalError, bad_request
from packager.rehearsal.repositories import Repository

LARGE_BYTES = 10_000_000
"""From this size on, every file is a large file."""
_LONGEST_LINE = 16 << 20
_MOST_TRIES = 10_000_000
"""Ways to match one path, some 100 ns each."""


def preupload(call: Call) -> dict[str, Any]:
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
    attributes = git.find_text(commit, ".gitattributes") or b""
    _refuse_slow(attributes, paths)
    patterns = compile_gitattributes_patterns(parse_git_attributes(BytesIO(attributes)))
    ignored = fields.get("gitIgnore")
    ignore_text = ignored.encode() if isinstance(ignored, str) else git.find_text(commit, ".gitignore") or b""
    _refuse_slow(ignore_text, paths)
    ignores = IgnoreFilter(read_ignore_patterns(BytesIO(ignore_text)))
    answers = []
    for path, file in zip(paths, files, strict=True):
        is_filtered = match_path(patterns, path.encode()).get(b"filter") == b"lfs"
        is_large = is_filtered or size_field(file, "size") >= LARGE_BYTES
        answer = {
            "path": path,
            "uploadMode": "lfs" if is_large else "regular",
            "shouldIgnore": ignores.is_ignored(path) is True,
        }
        answers.append(answer | ({"oid": standing[path]} if path in standing else {}))
    return {"files": answers, "commitOid": commit}


async def commit(call: Call) -> dict[str, Any]:
    """Make a commit from lines of JSON: a header, then one line for each change."""
    is_apart = call.flag("create_pr")
    repository = await run_in_threadpool(call.repository, write=True, contribute=is_apart)
    with tempfile.TemporaryFile(dir=call.hub.repositories.incoming) as file:
        await pour(call.request.stream(), file)
        answer = await run_in_threadpool(_commit_lines, call, repository, file, is_apart)
    return {"success": True, "hookOutput": "", **answer}


def _commit_lines(call: Call, repository: Repository, file: BinaryIO, is_apart: bool) -> dict[str, str]:  # noqa: FBT001 - run in a thread
    """Commit to a branch, or apart: to a new pull request that begins at the parent named, or at the head."""
    git, revision = repository.git, call.segment("revision")
    head = git.head(revision)  # before anything is read: a commit on nothing is answered as such
    header, operations = _read_change(repository, file)
    title, description = text_field(header, "summary").strip(), text_field(header, "description", "")
    if not title:
        raise bad_request("The commit has no summary.")
    parent = text_field(header, "parentCommit", "") or None
    page = f"{call.endpoint}/{repository.identity.page}"
    if not is_apart:
        oid = git.commit(revision, parent, operations, title, description)
        return {"commitOid": oid, "commitUrl": f"{page}/commit/{oid}"}
    base = git.resolve(parent) if parent else head
    oid = git.commit_apart(base, operations, title, description)
    pull = repository.pulls.open(title, NAME, base, oid, status="open")
    url = f"{page}/discussions/{pull.number}"
    return {"commitOid": oid, "commitUrl": f"{page}/commit/{oid}", "pullRequestUrl": url}


def _read_change(repository: Repository, file: BinaryIO) -> tuple[dict[str, Any], list[Put | Remove]]:
    file.seek(0)
    header: dict[str, Any] | None = None
    operations: list[Put | Remove] = []
    while line := file.readline(_LONGEST_LINE):
        if not line.endswith(b"\n") and len(line) == _LONGEST_LINE:
            raise RefusalError(413, f"A line of the commit is longer than {_LONGEST_LINE} bytes.")
        if line.strip():
            fields = json_object(line)
            value = fields.get("value")
            if not isinstance(value, dict):
                raise bad_request("A line of a commit is an object with 'key' and 'value'.")
            key = text_field(fields, "key")
            if (key == "header") is (header is not None):
                raise bad_request("A commit begins with its header, and has one.")
            if header is None:
                header = value
            else:
                operations.append(_read_operation(repository, key, value))
    if header is None:
        raise bad_request("The commit has no header.")
    return header, operations


def _read_operation(repository: Repository, key: str, value: dict[str, Any]) -> Put | Remove:
    path = text_field(value, "path")
    path = check_path(path.rstrip("/") if key == "deletedFolder" else path, status=422)
    match key:
        case "file":
            return Put(path, _store_file(repository, path, value))
        case "lfsFile":
            oid = check_object(text_field(value, "oid"))
            # A copy within the repository names no size.
            size = size_field(value, "size") if "size" in value else repository.large.size(oid)
            size = _check_arrived(repository, path, oid, size)
            blob = repository.git.add_blob(LFSPointer(oid, size).to_bytes())
            return Put(path, blob)
        case "deletedFile":
            return Remove(path, is_folder=False)
        case "deletedFolder":
            return Remove(path, is_folder=True)
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
    elif path == "README.md" and (
        errors := judge_readme(content.decode("utf-8", "replace"), repository.identity.kind).errors
    ):
        raise bad_request(f"Invalid metadata in README.md: {'; '.join(errors)}")
    return repository.git.add_blob(content)


def _check_arrived(repository: Repository, path: str, oid: str, size: int | None) -> int:
    if size is None or repository.large.size(oid) != size:
        raise bad_request(f"{path!r} points to the large file {oid}, whose bytes have not arrived.")
    return size


def _refuse_slow(patterns: bytes, paths: list[str]) -> None:
    """Refuse patterns with so many stars that trying every way to match a path could take hours (422)."""
    longest = max((len(path.encode()) for path in paths), default=0)
    for line in patterns.splitlines():
        stars = 0 if line.startswith(b"#") else len(re.findall(rb"\*+", line))
        if math.comb(longest, min(stars, longest // 2)) > _MOST_TRIES:
            pattern = line[:60].decode("utf-8", "replace")
            raise RefusalError(422, f"The pattern {pattern!r} has too many stars for such long paths.")
