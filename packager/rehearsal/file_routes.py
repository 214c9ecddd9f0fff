"""Answer what files a revision has, and send them, whole or in part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.responses import Response, StreamingResponse

from packager.rehearsal.calls import Call, page_of
from packager.rehearsal.names import check_path
from packager.rehearsal.records import CommitRecord, Entry
from packager.rehearsal.refusal import RefusalError, entry_not_found
from packager.rehearsal.repositories import Repository

_ENTRIES_PER_PAGE = 1000
_EXPANDED_PER_PAGE = 50
# A card may show these; the policy that goes with every file keeps a picture from running anything.
_PICTURES = {
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def list_tree(call: Call) -> Response:
    """Answer the files and folders in a folder, in pages."""
    repository = call.repository()
    git = repository.git
    commit = git.resolve(call.segment("revision"))
    path = call.segment("path") if "path" in call.request.path_params else ""
    entries = git.list_folder(commit, check_path(path) if path else "", recursive=call.flag("recursive"))
    is_expanded = call.flag("expand")
    last = git.last_commits(commit, [entry.path for entry in entries]) if is_expanded else {}
    size = _EXPANDED_PER_PAGE if is_expanded else _ENTRIES_PER_PAGE
    return page_of(call, entries, size, lambda entry: _present(repository, entry, last))


def paths_info(call: Call) -> list[Any]:
    """Answer the same for given paths; those that do not exist are left out."""
    repository = call.repository()
    git = repository.git
    commit = git.resolve(call.segment("revision"))
    form = parse_qs(call.body.decode("ascii", "replace"))
    paths, is_expanded = form.get("paths", []), form.get("expand", [""])[-1].lower() == "true"
    if len(paths) > _ENTRIES_PER_PAGE:
        raise RefusalError(413, f"{len(paths)} paths are more than {_ENTRIES_PER_PAGE}.")
    named = [path.rstrip("/") for path in paths]
    entries = git.find(commit, [path for path in named if "" not in path.split("/")])
    last = git.last_commits(commit, [entry.path for entry in entries]) if is_expanded else {}
    return [_present(repository, entry, last) for entry in entries]


def send_file(call: Call) -> Response:
    """Send a file at a revision, or the part of it that the request's Range asks for."""
    repository = call.repository(files=True)
    git = repository.git
    commit = git.resolve(call.segment("revision"))
    path = check_path(call.segment("path"))
    entry = next(iter(git.find(commit, [path])), None)
    if entry is None or entry.is_folder:
        raise entry_not_found(path, commit)
    etag = entry.sha256 or entry.oid
    plain = "application/octet-stream" if entry.sha256 else "text/plain; charset=utf-8"
    headers = {
        "X-Repo-Commit": commit,
        "ETag": f'"{etag}"',
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(path.rpartition('/')[2])}",
        # What is stored is somebody's data: a browser must show it as such and never run it.
        "Content-Type": _PICTURES.get(path.rpartition(".")[2].lower(), plain),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if entry.sha256:
        headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(entry.size)}
        if link := repository.large.link(entry.sha256):  # what leads a client to the chunks
            identity = repository.identity
            tokens = f"{call.endpoint}/api/{identity.kind}/{identity.repo_id}/xet-read-token/{commit}"
            headers |= {"X-Xet-Hash": link.digest, "Link": f'<{tokens}>; rel="xet-auth"'}
        return send_range(call, entry.size, headers, partial(repository.large.read, entry.sha256))
    content = git.read_blob(entry.oid)
    return send_range(call, entry.size, headers, lambda start, end: iter((content[start:end],)))


def send_range(
    call: Call, size: int, headers: dict[str, str], read: Callable[[int, int], Iterator[bytes]]
) -> Response:
    """Answer with `size` bytes that `read` yields, or with the part of them that the request asks for."""
    start, end, status = 0, size, 200
    # Several ranges at once, or another unit, may be answered with the whole file.
    asked = _RANGE.fullmatch(call.request.headers.get("range", "").replace(" ", ""))
    if asked and asked[0] != "bytes=-":
        if asked[1]:
            start, end = int(asked[1]), min(size, int(asked[2]) + 1) if asked[2] else size
        else:  # the last N bytes
            start = max(0, size - int(asked[2]))
        if start >= end:
            headers = {"Content-Range": f"bytes */{size}"}
            raise RefusalError(416, f"The file has {size} bytes.", headers=headers)
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    pieces = iter(()) if call.request.method == "HEAD" else read(start, end)
    return StreamingResponse(pieces, status, headers)


def _present(repository: Repository, entry: Entry, last: dict[str, CommitRecord]) -> dict[str, object]:
    item: dict[str, object] = {
        "type": "directory" if entry.is_folder else "file",
        "oid": entry.oid,
        "size": entry.size,
        "path": entry.path,
    }
    if entry.sha256 is not None:
        item["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": entry.pointer_size}
        if link := repository.large.link(entry.sha256):
            item["xetHash"] = link.digest
    if entry.path in last:
        commit = last[entry.path]
        date = commit.date.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        item["lastCommit"] = {"id": commit.oid, "title": commit.title, "date": date}
    return item
