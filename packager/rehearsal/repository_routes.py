"""Answer for accounts, repositories and who may read them, branches, tags and history."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from packager.rehearsal.account import GUEST, NAME, Role
from packager.rehearsal.calls import Call, page_of, text_field
from packager.rehearsal.metadata import MetadataError, judge_readme, read_metadata
from packager.rehearsal.names import RepositoryId, check_repository
from packager.rehearsal.pulls import timestamp
from packager.rehearsal.records import CommitRecord, Entry
from packager.rehearsal.refusal import RefusalError, bad_request, repository_not_found
from packager.rehearsal.repositories import Repository

_COMMITS_PER_PAGE = 50
_STATES = ("pending", "accepted", "rejected")
_LONG = ("siblings", "cardData", "usedStorage")
_TAGGED = ("annotations_creators", "language", "license", "size_categories", "task_categories", "task_ids")


def whoami(call: Call) -> dict[str, Any]:
    """Answer who the token belongs to."""
    caller = call.require_account()
    token = {"displayName": caller.name, "role": "read" if caller.role is Role.READ else "write"}
    return {
        "type": "user",
        "id": caller.name,
        "name": caller.name,
        "fullname": f"The account {caller.name} of this rehearsal",
        "email": None,
        "isPro": False,
        "orgs": [],
        "auth": {"type": "access_token", "accessToken": token},
    }


def validate_yaml(call: Call) -> Response:
    """Answer what is wrong with the metadata of a README.md: as JSON, or as text for `RepoCard.validate`."""
    fields = call.fields()
    found = judge_readme(text_field(fields, "content"), f"{text_field(fields, 'repoType', 'model')}s")
    status = 400 if found.errors else 200
    if call.request.headers.get("accept") == "text/plain":
        lines = [f"- Error: {message}" for message in found.errors]
        lines += [f"- Warning: {message}" for message in found.warnings]
        return PlainTextResponse("\n".join(lines), status)
    told = {"errors": found.errors, "warnings": found.warnings}
    answer = {kind: [{"message": message} for message in messages] for kind, messages in told.items()}
    return JSONResponse(answer, status)


def create_repository(call: Call) -> dict[str, Any]:
    """Make a repository; 409, with its address, if it exists."""
    fields = call.fields()
    identity = _named_in(call, fields)
    call.require_account(identity.namespace)
    is_private = fields.get("private") is True or fields.get("visibility") == "private"
    url = f"{call.endpoint}/{identity.page}"
    try:
        call.hub.repositories.create(identity, private=is_private)
    except RefusalError as refusal:
        refusal.fields["url"] = url
        raise
    return {"url": url, "id": identity.repo_id, "private": is_private}


def delete_repository(call: Call) -> None:
    """Remove a repository."""
    identity = _named_in(call, call.fields())
    call.require_account(identity.namespace)
    call.hub.repositories.delete(identity)


def move_repository(call: Call) -> dict[str, Any]:
    """Rename a repository."""
    call.require_account()
    fields = call.fields()
    kind = f"{text_field(fields, 'type', 'model')}s"
    source, target = (_split_id(kind, text_field(fields, name)) for name in ("fromRepo", "toRepo"))
    for identity in (source, target):
        call.require_account(identity.namespace)
    call.hub.repositories.move(source, target)
    return {"url": f"{call.endpoint}/{target.page}"}


def change_settings(call: Call) -> dict[str, Any]:
    """Change who may read a repository."""
    found = call.repository(write=True)
    fields = call.fields()
    visibility, gated = fields.get("visibility"), fields.get("gated")
    if visibility not in (None, "public", "private") or gated not in (None, False, "auto", "manual"):
        raise bad_request("visibility is public or private; gated is auto, manual or false.")
    settings = found.settings
    if visibility is not None:
        settings = replace(settings, private=visibility == "private")
    if gated is not None:
        settings = replace(settings, gated=gated or None)
    found.change(settings)
    return {"private": settings.private, "gated": settings.gated or False}


def check_access(call: Call) -> None:
    """Answer whether the caller may read the files of a repository, or write them."""
    call.repository(write=call.request.url.path.endswith("/write"), files=True)


def repository_info(call: Call) -> dict[str, Any]:
    """Answer what a repository is and holds at a revision."""
    found = call.repository()
    revision = call.segment("revision") if "revision" in call.request.path_params else "main"
    info = _info(found, found.git.resolve(revision), with_blobs=call.flag("blobs"))
    query = call.request.query_params
    wanted = {*query.getlist("expand"), *query.getlist("expand[]")}
    if wanted:
        info = {name: value for name, value in info.items() if name in wanted | {"id", "_id"}}
    return info


def list_refs(call: Call) -> dict[str, Any]:
    """Answer the branches and tags."""
    git = call.repository().git
    found = {"branches": ("heads", git.refs("heads")), "tags": ("tags", git.refs("tags"))}
    if call.flag("include_prs"):
        found["pullRequests"] = ("pr", git.refs("pr"))
    answer = {
        kind: [
            {"name": name, "ref": f"refs/{folder}/{name}", "targetCommit": commit}
            for name, commit in refs.items()
        ]
        for kind, (folder, refs) in found.items()
    }
    return {"converts": [], **answer}


def list_commits(call: Call) -> Response:
    """Answer the history of a revision, newest commit first, in pages."""
    git = call.repository().git
    commits = git.history(git.resolve(call.segment("revision")))
    is_formatted = "formatted" in call.request.query_params.getlist("expand[]")

    def present(commit: CommitRecord) -> dict[str, object]:
        item: dict[str, object] = {"id": commit.oid, "title": commit.title, "message": commit.message}
        if is_formatted:
            item["formatted"] = {"title": html.escape(commit.title), "message": html.escape(commit.message)}
        return {**item, "authors": [{"user": NAME}], "date": commit.date.strftime("%Y-%m-%dT%H:%M:%S.000Z")}

    return page_of(call, commits, _COMMITS_PER_PAGE, present)


def add_branch(call: Call) -> None:
    """Make a branch."""
    git = call.repository(write=True).git
    git.add_branch(call.segment("ref"), text_field(call.fields(), "startingPoint", "main"))


def remove_branch(call: Call) -> None:
    """Remove a branch."""
    call.repository(write=True).git.remove_branch(call.segment("ref"))


def add_tag(call: Call) -> None:
    """Tag a revision; the revision is in the path, the tag in the body."""
    git = call.repository(write=True).git
    fields = call.fields()
    git.add_tag(text_field(fields, "tag"), call.segment("ref"), text_field(fields, "message", ""))


def remove_tag(call: Call) -> None:
    """Remove a tag."""
    call.repository(write=True).git.remove_tag(call.segment("ref"))


def squash_history(call: Call) -> dict[str, Any]:
    """Replace the history of a branch by one commit."""
    git = call.repository(write=True).git
    message = text_field(call.fields(), "message", "") or f"Super-squash branch '{call.segment('ref')}'"
    return {"commitOid": git.squash(call.segment("ref"), message)}


def list_repositories(call: Call) -> Response:
    """Answer the repositories of a kind that the caller may know about, in pages."""
    query, kind = call.request.query_params, call.request.path_params["kind"]
    caller, words = call.caller, query.get("search", "").lower()
    limit = query.get("limit", "")
    size = min(1000, int(limit)) if limit.isascii() and limit.isdigit() and len(limit) < 9 else 1000
    found = [
        repository
        for repository in call.hub.repositories.list_all()
        if repository.identity.kind == kind
        and repository.is_visible_to(caller)
        and query.get("author", repository.identity.namespace) == repository.identity.namespace
        and words in repository.identity.repo_id.lower()
    ]

    def present(repository: Repository) -> dict[str, Any]:
        info = _info(repository, repository.git.resolve("main"), with_blobs=False)
        return info if "full" in query else {name: info[name] for name in info if name not in _LONG}

    return page_of(call, found, max(1, size), present)


def no_namespace(call: Call) -> Response:
    """Refuse a repository without a namespace: there are none here."""
    raise repository_not_found(known=call.caller is not None)


def list_requests(call: Call) -> list[Any]:
    """Answer the accounts whose request is in a state."""
    found = _gated(call)
    state = call.request.path_params["state"]
    return [
        {
            "requestId": f"{found.identity.page}/{name}",
            "user": {"user": name, "fullname": name, "email": None},
            "status": status,
            "timestamp": since,
        }
        for name, (status, since) in sorted(found.settings.access.items())
        if status == state
    ]


def ask_access(call: Call) -> None:
    """Ask for a gated repository: an automatic gate opens at once, a manual one waits for its owner."""
    found, name = _gated(call, write=False), call.require_account().name
    if name not in found.settings.access:
        _set(found, name, "accepted" if found.settings.gated == "auto" else "pending")


def grant_access(call: Call) -> None:
    """Let an account in that has not asked."""
    found = _gated(call)
    name = _account(text_field(call.fields(), "user"))
    if found.settings.admits(name):
        raise RefusalError(400, f"{name} has access already.")
    _set(found, name, "accepted")


def decide_access(call: Call) -> None:
    """Accept a request, reject it, or let it wait again."""
    found = _gated(call)
    fields = call.fields()
    name = _account(text_field(fields, "user", "") or text_field(fields, "requestId").rpartition("/")[2])
    status = text_field(fields, "status")
    standing = found.settings.access.get(name)
    if status not in _STATES or standing is None:
        raise RefusalError(
            404 if standing is None else 400, f"{name} has no request that can become {status}."
        )
    if standing[0] == status:
        raise RefusalError(400, f"The request of {name} is {status} already.")
    _set(found, name, status)


def _named_in(call: Call, fields: dict[str, Any]) -> RepositoryId:
    caller = call.require_account()
    kind = f"{text_field(fields, 'type', 'model')}s"
    namespace = text_field(fields, "organization", caller.name)
    return check_repository(kind, namespace, text_field(fields, "name"))


def _split_id(kind: str, repo_id: str) -> RepositoryId:
    namespace, slash, name = repo_id.partition("/")
    if not slash:
        raise bad_request(f"Invalid repository id {repo_id!r}: use namespace/name.")
    return check_repository(kind, namespace, name)


def _info(repository: Repository, commit: str, *, with_blobs: bool) -> dict[str, Any]:
    identity, git, settings = repository.identity, repository.git, repository.settings
    files = [entry for entry in git.list_folder(commit, "", recursive=True) if not entry.is_folder]
    card = _read_card(repository, commit)
    date = git.describe(commit).date
    info = {
        "_id": identity.page,
        "id": identity.repo_id,
        "author": identity.namespace,
        "sha": commit,
        "private": settings.private,
        "gated": settings.gated or False,
        "disabled": False,
        "createdAt": settings.created,
        "lastModified": date.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "downloads": 0,
        "downloadsAllTime": 0,
        "likes": 0,
        "tags": _tags(card),
        "cardData": card or None,
        "xetEnabled": True,  # older clients ask before they send chunks
        "usedStorage": sum(entry.size for entry in files),
        "siblings": [_sibling(entry, with_blobs=with_blobs) for entry in files],
    }
    if identity.kind == "models":
        info["modelId"] = identity.repo_id
    return info


def _read_card(repository: Repository, commit: str) -> dict[str, Any]:
    readme = repository.git.find_text(commit, "README.md") or b""
    try:
        return read_metadata(readme.decode("utf-8", "replace"))
    except MetadataError:
        return {}  # the Hub serves a repository whose card it cannot read


def _tags(card: dict[str, Any]) -> list[str]:
    values = [(name, card.get(name)) for name in _TAGGED]
    listed = [(name, value if isinstance(value, list) else [value]) for name, value in values if value]
    own = card.get("tags")
    return [f"{name}:{item}" for name, items in listed for item in items] + (
        own if isinstance(own, list) else []
    )


def _sibling(entry: Entry, *, with_blobs: bool) -> dict[str, object]:
    item: dict[str, object] = {"rfilename": entry.path}
    if with_blobs:
        item |= {"size": entry.size, "blobId": entry.oid}
        if entry.sha256 is not None:
            item["lfs"] = {"size": entry.size, "sha256": entry.sha256, "pointerSize": entry.pointer_size}
    return item


def _gated(call: Call, *, write: bool = True) -> Repository:
    found = call.repository(write=write)
    if not found.settings.gated:
        raise bad_request(f"{found.identity.repo_id} is not gated.")
    return found


def _account(name: str) -> str:
    if name not in {NAME, GUEST}:
        raise RefusalError(404, "There is no such account on the rehearsal Hub.")
    return name


def _set(found: Repository, name: str, status: str) -> None:
    access = found.settings.access | {name: (status, timestamp())}
    found.change(replace(found.settings, access=access))
