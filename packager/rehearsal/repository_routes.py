"""Answer for accounts, repositories, branches, tags and history."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from packager.rehearsal.account import NAME
from packager.rehearsal.calls import page_of, text_field
from packager.rehearsal.names import RepositoryId, check_repository
from packager.rehearsal.readme import MetadataError, read_metadata
from packager.rehearsal.refusal import RefusalError, bad_request
from packager.rehearsal.repositories import with_access

if TYPE_CHECKING:
    from packager.rehearsal.calls import Call, RouteEntry
    from packager.rehearsal.records import CommitRecord, Entry
    from packager.rehearsal.repositories import Repository

_COMMITS_PER_PAGE = 50
_TAGGED = ("annotations_creators", "language", "license", "size_categories", "task_categories", "task_ids")


def whoami(call: Call) -> Response:
    """Answer who the token belongs to."""
    call.require_account()
    token = {"displayName": NAME, "role": "write"}
    return JSONResponse(
        {
            "type": "user",
            "id": NAME,
            "name": NAME,
            "fullname": "Rehearsal account",
            "email": None,
            "isPro": False,
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": token},
        }
    )


def validate_yaml(call: Call) -> Response:
    """Answer what is wrong with the metadata of a README.md."""
    try:
        metadata = read_metadata(text_field(call.fields(), "content"))
    except MetadataError as error:
        return JSONResponse({"errors": [{"message": str(error)}], "warnings": []}, 400)
    warnings = [] if metadata else [{"message": "The README has no YAML metadata, or it is empty."}]
    return JSONResponse({"errors": [], "warnings": warnings})


def create_repository(call: Call) -> Response:
    """Make a repository; 409, with its address, if it exists."""
    call.require_account()
    fields = call.fields()
    identity = _named_in(fields)
    is_private = fields.get("private") is True or fields.get("visibility") == "private"
    url = f"{call.endpoint}/{identity.page}"
    try:
        call.hub.repositories.create(identity, private=is_private)
    except RefusalError as refusal:
        refusal.fields["url"] = url
        raise
    return JSONResponse({"url": url, "id": identity.repo_id, "private": is_private})


def delete_repository(call: Call) -> Response:
    """Remove a repository."""
    call.require_account()
    call.hub.repositories.delete(_named_in(call.fields()))
    return JSONResponse({})


def move_repository(call: Call) -> Response:
    """Rename a repository."""
    call.require_account()
    fields = call.fields()
    kind = f"{text_field(fields, 'type', 'model')}s"
    source, target = (_split_id(kind, text_field(fields, name)) for name in ("fromRepo", "toRepo"))
    call.hub.repositories.move(source, target)
    return JSONResponse({"url": f"{call.endpoint}/{target.page}"})


def change_settings(call: Call) -> Response:
    """Change who may read a repository."""
    found = call.repository(write=True)
    fields = call.fields()
    found.change(with_access(found.settings, fields.get("visibility"), fields.get("gated")))
    return JSONResponse({"private": found.settings.private, "gated": found.settings.gated or False})


def check_access(call: Call) -> Response:
    """Answer whether the caller may read the files of a repository, or write them."""
    found = call.repository(write=call.request.url.path.endswith("/write"))
    refuse_gated(call, found)
    return JSONResponse({})


def refuse_gated(call: Call, repository: Repository) -> None:
    """Refuse a stranger the files of a gated repository."""
    if repository.settings.gated and not call.is_known:
        name = repository.identity.repo_id
        raise RefusalError(
            401, f"Access to {name} is restricted. You must be authenticated.", code="GatedRepo"
        )


def repository_info(call: Call) -> Response:
    """Answer what a repository is and holds at a revision."""
    found = call.repository()
    revision = call.segment("revision") if "revision" in call.request.path_params else "main"
    info = _info(found, found.git.resolve(revision), with_blobs=call.flag("blobs"))
    query = call.request.query_params
    wanted = {*query.getlist("expand"), *query.getlist("expand[]")}
    if wanted:
        info = {name: value for name, value in info.items() if name in wanted | {"id", "_id"}}
    return JSONResponse(info)


def list_refs(call: Call) -> Response:
    """Answer the branches and tags."""
    git = call.repository().git
    answer: dict[str, object] = {"converts": []}
    for kind, folder, refs in (("branches", "heads", git.branches()), ("tags", "tags", git.tags())):
        answer[kind] = [
            {"name": name, "ref": f"refs/{folder}/{name}", "targetCommit": commit}
            for name, commit in refs.items()
        ]
    if call.flag("include_prs"):
        answer["pullRequests"] = []
    return JSONResponse(answer)


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


def add_branch(call: Call) -> Response:
    """Make a branch."""
    git = call.repository(write=True).git
    git.add_branch(call.segment("ref"), text_field(call.fields(), "startingPoint", "main"))
    return JSONResponse({})


def remove_branch(call: Call) -> Response:
    """Remove a branch."""
    call.repository(write=True).git.remove_branch(call.segment("ref"))
    return JSONResponse({})


def add_tag(call: Call) -> Response:
    """Tag a revision; the revision is in the path, the tag in the body."""
    git = call.repository(write=True).git
    fields = call.fields()
    git.add_tag(text_field(fields, "tag"), call.segment("ref"), text_field(fields, "message", ""))
    return JSONResponse({})


def remove_tag(call: Call) -> Response:
    """Remove a tag."""
    call.repository(write=True).git.remove_tag(call.segment("ref"))
    return JSONResponse({})


ROUTES: tuple[RouteEntry, ...] = (
    ("GET", "/api/whoami-v2", whoami),
    ("POST", "/api/validate-yaml", validate_yaml),
    ("POST", "/api/repos/create", create_repository),
    ("DELETE", "/api/repos/delete", delete_repository),
    ("POST", "/api/repos/move", move_repository),
    ("PUT", "/api/{kind:kind}/{namespace}/{name}/settings", change_settings),
    ("GET", "/api/{kind:kind}/{namespace}/{name}/auth-check", check_access),
    ("GET", "/api/{kind:kind}/{namespace}/{name}/auth-check/write", check_access),
    ("GET", "/api/{kind:kind}/{namespace}/{name}", repository_info),
    ("GET", "/api/{kind:kind}/{namespace}/{name}/revision/{revision}", repository_info),
    ("GET", "/api/{kind:kind}/{namespace}/{name}/refs", list_refs),
    ("GET", "/api/{kind:kind}/{namespace}/{name}/commits/{revision}", list_commits),
    ("POST", "/api/{kind:kind}/{namespace}/{name}/branch/{ref}", add_branch),
    ("DELETE", "/api/{kind:kind}/{namespace}/{name}/branch/{ref}", remove_branch),
    ("POST", "/api/{kind:kind}/{namespace}/{name}/tag/{ref}", add_tag),
    ("DELETE", "/api/{kind:kind}/{namespace}/{name}/tag/{ref}", remove_tag),
)


def _named_in(fields: dict[str, Any]) -> RepositoryId:
    kind = f"{text_field(fields, 'type', 'model')}s"
    return check_repository(kind, text_field(fields, "organization", NAME), text_field(fields, "name"))


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
        "usedStorage": sum(entry.size for entry in files),
        "siblings": [_sibling(entry, with_blobs=with_blobs) for entry in files],
    }
    if identity.kind == "models":
        info["modelId"] = identity.repo_id
    return info


def _read_card(repository: Repository, commit: str) -> dict[str, Any]:
    for entry in repository.git.find(commit, ["README.md"]):
        if not entry.is_folder and entry.sha256 is None:
            try:
                return read_metadata(repository.git.read_blob(entry.oid).decode("utf-8", "replace"))
            except MetadataError:
                return {}  # the Hub serves a repository whose card it cannot read
    return {}


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
