"""Answer for pull requests, and for discussions, which are pull requests without a change."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from dulwich.patch import gen_diff_header, is_binary, patch_filename, unified_diff

from packager.rehearsal.calls import Call, text_field
from packager.rehearsal.git_store import GitStore
from packager.rehearsal.pulls import Event, Pull
from packager.rehearsal.records import FILE_MODE
from packager.rehearsal.refusal import RefusalError, bad_request
from packager.rehearsal.repositories import Repository

_PER_PAGE = 50
_LARGEST_FILE = 1 << 20
_MOST_LINES = 10_000
_LARGEST_DIFFERENCE = 8 << 20


def open_pull(call: Call) -> dict[str, Any]:
    """Open a pull request that changes nothing yet, or a discussion."""
    found = call.repository(write=True, contribute=True)
    fields = call.fields()
    title = text_field(fields, "title").strip()
    if len(title) < 3:
        raise bad_request("A title has 3 or more characters.")
    description = text_field(fields, "description", "")
    head = found.git.head("main")
    author = call.require_account().name
    is_pull = fields.get("pullRequest") is True
    pull = found.pulls.open(
        title, author, head, head if is_pull else None, status="draft" if is_pull else "open"
    )
    pull = _comment(found, pull.number, author, description)
    return _present(call, found, pull)


def list_pulls(call: Call) -> dict[str, Any]:
    """Answer the pull requests, newest first, in pages counted from 0."""
    found = call.repository()
    query = call.request.query_params
    kind, status, author = query.get("type", "all"), query.get("status", "all"), query.get("author")
    wanted = {"open": {"open", "draft"}, "closed": {"closed", "merged"}}.get(status)
    pulls = [
        pull
        for pull in found.pulls.list_all()
        if kind in {"all", "pull_request" if pull.is_pull else "discussion"}
        and (wanted is None or pull.status in wanted)
        and author in {None, pull.author}
    ]
    page = query.get("p", "0")
    start = int(page) * _PER_PAGE if page.isascii() and page.isdigit() and len(page) < 9 else 0
    shown = [_present(call, found, pull) for pull in pulls[start : start + _PER_PAGE]]
    return {"discussions": shown, "count": len(pulls), "start": start}


def show_pull(call: Call) -> dict[str, Any]:
    """Answer everything about a pull request."""
    found = call.repository()
    pull = find_pull(call, found)
    events = [_event(found, pull, number) for number in range(len(pull.events))]
    answer: dict[str, Any] = {**_present(call, found, pull), "events": events}
    if not pull.is_pull:
        return answer
    head = found.git.head(pull.ref)
    target = found.git.refs("heads").get(pull.target)
    is_open = pull.status in {"draft", "open"}
    answer["filesWithConflicts"] = found.git.conflicts(pull.base, head, target) if is_open and target else []
    answer["changes"] = {"base": f"refs/heads/{pull.target}"}
    if pull.merged_as:
        answer["changes"] |= {"mergeCommitId": pull.merged_as}
    events += _commits(found, pull, head)
    events.sort(key=lambda event: str(event["createdAt"]))
    if call.flag("diff"):
        answer["diff"] = show_difference(found.git, pull.base, head)
    return answer


def change_pull(call: Call) -> dict[str, Any]:
    """Comment on a pull request, rename it, close or open it, or merge it."""
    change = call.request.path_params["change"]
    found = call.repository(write=True, contribute=change == "comment")
    author, fields, pull = call.require_account().name, call.fields(), find_pull(call, found)
    number = pull.number
    if fields.get("comment"):
        pull = _comment(found, number, author, text_field(fields, "comment"))
    match change:
        case "title":
            data = {"from": pull.title, "to": text_field(fields, "title")}
            pull = found.pulls.change(number, "title-change", author, data, title=data["to"])
        case "status":
            status = text_field(fields, "status")
            if status not in {"open", "closed"}:
                raise bad_request("The status of a pull request is set to open or closed.")
            if pull.status == "merged":
                raise RefusalError(409, f"The pull request {number} is merged.")
            pull = found.pulls.change(number, "status-change", author, {"status": status}, status=status)
        case "merge":
            pull = found.pulls.merge(number, author)
    last = _event(found, pull, len(pull.events) - 1)
    answer = {"newMessage": last, "newStatus": last, "newTitle": last}
    return {**_present(call, found, pull), **answer}


def find_pull(call: Call, found: Repository) -> Pull:
    """Return the pull request that the path names."""
    text = call.segment("number")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise bad_request("A pull request has a number.")
    return found.pulls.find(int(text))


def _comment(found: Repository, number: int, author: str, text: str) -> Pull:
    return found.pulls.change(number, "comment", author, {"text": text})


def _present(call: Call, found: Repository, pull: Pull) -> dict[str, object]:
    identity = found.identity
    return {
        "num": pull.number,
        "title": pull.title,
        "status": pull.status,
        "isPullRequest": pull.is_pull,
        "author": {"name": pull.author, "type": "user"},
        "createdAt": pull.created,
        "repo": {"name": identity.repo_id, "type": identity.kind.removesuffix("s")},
        "repoOwner": {"name": identity.namespace, "type": "user"},
        "url": f"{call.endpoint}/{identity.page}/discussions/{pull.number}",
    }


def _commits(found: Repository, pull: Pull, head: str) -> list[dict[str, object]]:
    """Return the commits since the base, as events."""
    events: list[dict[str, object]] = []
    for commit in found.git.history(head):
        if commit.oid == pull.base:
            break
        data = {"subject": commit.title, "oid": commit.oid}
        date = commit.date.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        events.append(_frame(commit.oid, "commit", pull.author, date, data))
    return events


def _event(found: Repository, pull: Pull, number: int) -> dict[str, object]:
    event: Event = pull.events[number]
    data = event.data
    if event.kind == "comment":
        data = {"edited": False, "hidden": False, "latest": {"raw": data["text"], "html": ""}}
    return _frame(f"{found.identity.page}/{pull.number}/{number}", event.kind, event.author, event.date, data)


def _frame(identity: str, kind: str, author: str, date: str, data: dict[str, Any]) -> dict[str, object]:
    return {"id": identity, "type": kind, "createdAt": date, "author": {"name": author}, "data": data}


def show_difference(git: GitStore, base: str, commit: str) -> str:
    """Return what a commit changed since another one, as `git diff` does; `git apply` understands it.

    Large files are pointers here, as on the Hub. What takes too long to compare line by line is called
    binary, as git calls it; what is beyond 8 MB is named, and not shown.
    """
    written = BytesIO()
    for path, blobs in sorted(git.changes(base, commit).items()):
        sides = [(path.encode(), FILE_MODE, blob.encode()) if blob else (None, None, None) for blob in blobs]
        contents = [git.read_blob(blob) if blob else b"" for blob in blobs]
        written.writelines(gen_diff_header(*zip(*sides, strict=True)))
        names = patch_filename(sides[0][0], b"a"), patch_filename(sides[1][0], b"b")
        if written.tell() < _LARGEST_DIFFERENCE and all(map(_has_lines, contents)):
            before, after = map(_lines, contents)
            written.writelines(unified_diff(before, after, *names))
        else:
            written.write(b"Binary files %s and %s differ\n" % names)
    return written.getvalue().decode("utf-8", "replace")


def _has_lines(content: bytes) -> bool:
    is_short = len(content) <= _LARGEST_FILE and content.count(b"\n") <= _MOST_LINES
    return is_short and not is_binary(content)


def _lines(content: bytes) -> list[bytes]:
    """Return the lines with their ends, as git counts them: a carriage return ends none."""
    *lines, last = content.split(b"\n")
    return [line + b"\n" for line in lines] + ([last] if last else [])
