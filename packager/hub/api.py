"""The client's own API, less what stops it at a Hub that says less, or says it otherwise.

Of an answer is read only what is needed here; what the protocol lets a server leave out may be absent.
"""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

import huggingface_hub
import huggingface_hub.utils

from packager.built import RemoteFile, Tag

_utils: Any = huggingface_hub.utils  # its names are found when they are used, unseen by a type checker

UNSPOKEN: Final = frozenset({400, 404, 405, 410, 422, 501})
"""The answers of a server that does not know a part of the protocol."""
_OK: Final = 200
_REFUSED: Final = 400
_NOT_FOUND: Final = 404


def is_loopback(endpoint: str) -> bool:
    """Return whether an address such as `http://127.0.0.1:8000` is this machine's own."""
    try:
        host = urlsplit(endpoint).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Refs:
    """The branches and tags of a repository."""

    __slots__ = ("branches", "tags")

    def __init__(self, document: dict[str, Any]) -> None:
        self.branches = {str(each["name"]): each.get("targetCommit") for each in document["branches"]}
        """The commit of each; None for one that has none yet."""
        tags = (Tag(str(each["name"]), str(each["targetCommit"])) for each in document.get("tags") or ())
        self.tags = tuple(sorted(tags, key=lambda tag: tag.name))


class Api(huggingface_hub.HfApi):
    """Reads leniently; commits a card also where nobody can be asked about its metadata."""

    def read_refs(self, repo_id: str) -> Refs | None:
        """Return the branches and tags of a repository; None if there is none."""
        _utils.validate_repo_id(repo_id)
        answer = self._get(f"{repo_id}/refs")
        if answer.status_code == _NOT_FOUND and self._means_absent(answer):
            return None
        _utils.hf_raise_for_status(answer)
        return Refs(answer.json())

    def _means_absent(self, answer: Any) -> bool:  # noqa: ANN401 - an answer
        """Return whether a 404 is about the repository; one without a code may be of what is no Hub."""
        if code := answer.headers.get("X-Error-Code"):
            return bool(code == "RepoNotFound")
        if self._build_hf_headers().get("authorization") is None:
            return False
        known = self._get("", url=f"{self.endpoint}/api/whoami-v2")
        return known.status_code == _OK and bool(_as_object(known))

    def read_tree(self, repo_id: str, revision: str) -> Iterator[RemoteFile]:
        """Yield the files at a revision."""
        for entry in self._paginate(f"{repo_id}/tree/{quote(revision, safe='')}", {"recursive": "true"}):
            if entry["type"] == "file":
                yield _as_file(entry)

    def read_commits(self, repo_id: str, revision: str) -> Iterator[tuple[str, str]]:
        """Yield the id and the title of each commit of a revision, the newest first."""
        for entry in self._paginate(f"{repo_id}/commits/{quote(revision, safe='')}", {}):
            yield str(entry["id"]), str(entry.get("title") or "")

    def speaks_xet(self, repo_id: str, *, pull_request: bool) -> bool:
        """Return whether files can be sent in chunks; raises if they can be sent in no way."""
        url = f"{self.endpoint}/api/datasets/{repo_id}/xet-write-token/main"
        url += "?create_pr=1" if pull_request else ""
        answer = _utils.http_backoff("GET", url, headers=self._build_hf_headers())
        if answer.status_code in UNSPOKEN:
            return False
        _utils.hf_raise_for_status(answer)
        return "X-Xet-Cas-Url" in answer.headers or "casUrl" in _as_object(answer)

    def _validate_yaml(
        self, content: str, *, repo_type: str | None = None, token: bool | str | None = None
    ) -> None:
        answer = huggingface_hub.get_session().post(
            f"{self.endpoint}/api/validate-yaml",
            json={"content": content, "repoType": repo_type},
            headers=self._build_hf_headers(token=token),
        )
        found = _as_object(answer)
        refused = answer.status_code == _REFUSED and _messages(found, "errors")
        if not refused and answer.status_code in UNSPOKEN:
            return
        if not refused:
            _utils.hf_raise_for_status(answer)
        if remarks := _messages(found, "warnings"):
            warnings.warn(f"Warnings while validating metadata in README.md:\n{remarks}", stacklevel=2)
        if refused:
            raise ValueError(f"Invalid metadata in README.md.\n{refused}")

    def _get(self, path: str, params: dict[str, str] | None = None, url: str = "") -> Any:  # noqa: ANN401 - an answer
        return huggingface_hub.get_session().get(
            url or f"{self.endpoint}/api/datasets/{path}", params=params, headers=self._build_hf_headers()
        )

    def _paginate(self, path: str, params: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list; a link to the next page never takes the token to another host."""
        _utils.validate_repo_id("/".join(path.split("/")[:2]))
        answer = self._get(path, params)
        first, seen = str(answer.url), set[str]()
        while True:
            _utils.hf_raise_for_status(answer)
            yield from answer.json()
            link = answer.links.get("next", {}).get("url")
            if link is None:
                return
            following = urljoin(first, link)
            if urlsplit(following)[:2] != urlsplit(first)[:2]:  # a server that does not know how it is called
                following = urlsplit(first)._replace(query=urlsplit(following).query).geturl()
            if following in seen:
                raise ValueError(f"its pages go round: {following}")
            seen.add(following)
            answer = self._get(path, url=following)


def _as_file(entry: dict[str, Any]) -> RemoteFile:
    large, blob_id = entry.get("lfs"), str(entry.get("oid") or "")
    if not large:
        return RemoteFile(entry["path"], entry["size"], blob_id, None)
    sha256 = str(large["oid"]).removeprefix("sha256:")
    return RemoteFile(entry["path"], large.get("size", entry["size"]), blob_id, sha256)


def _as_object(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - an answer
    try:
        found = answer.json()
    except ValueError:  # a page for people, or nothing
        return {}
    return found if isinstance(found, dict) else {}


def _messages(found: dict[str, Any], key: str) -> str:
    entries = found.get(key)
    return "\n".join(
        f"- {entry.get('message')}"
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict)
    )
