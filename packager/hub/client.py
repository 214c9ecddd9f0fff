"""The client of one Hub: read what stands in a dataset repository, send files, commit, tag, read back.

Reading is tried again while the trouble looks passing. A write is sent once: when its
answer is lost, nobody knows whether it was carried out, so `Hub.insist` asks before it sends again.
"""

from __future__ import annotations

import io
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar, cast

import huggingface_hub
import huggingface_hub.utils
from huggingface_hub import constants, errors
from huggingface_hub.file_download import http_get

from packager.built import Manifest, RemoteFile, RemoteState, Tag
from packager.hub.api import Api, Refs, is_loopback
from packager.hub.failures import HubFailure, explain
from packager.hub.own_files import read_own_files
from packager.hub.streams import Digest, without_bars
from packager.hub.uploads import Upload, prepare_upload
from packager.secrets import hide_secrets

T = TypeVar("T")

_utils: Any = huggingface_hub.utils  # its names are found when they are used, unseen by a type checker

MAIN: Final = "main"
WAITS: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before the second, third, ... try."""
TIMEOUT: Final = 120.0
"""Seconds without a byte after which an answer counts as lost."""

_CONNECT_TIMEOUT: Final = 15.0
_LONGEST_WAIT: Final = 300.0  # seconds; a Hub that asks for more is told to the user instead
_NAME: Final = "segment-packager"


class Hub:
    """One Hub and one account. Every repository is a dataset repository."""

    __slots__ = ("_api", "_say", "_timeout", "_token", "_waits", "_xet", "endpoint")

    def __init__(
        self,
        endpoint: str,
        token: str | None,
        *,
        say: Callable[[str], None],
        waits: Sequence[float],
        timeout: float,
    ) -> None:
        self.endpoint = endpoint
        self._token = token
        self._api = Api(endpoint=endpoint, token=token, library_name=_NAME)
        self._say = partial(_say_safely, say)
        self._waits = tuple(waits)
        self._timeout = timeout
        self._xet: dict[tuple[str, bool], bool] = {}

    def __repr__(self) -> str:
        return f"Hub({self.endpoint!r})"  # never the token

    # --- reading ---------------------------------------------------------------------------------------

    def read_state(
        self, repo_id: str, recall: Callable[[Manifest], Mapping[str, bytes]] | None = None
    ) -> RemoteState:
        """Return what stands in a repository now: head, files, tags, our manifest.

        What `recall` says that files of a manifest should hold is not read where it is what is listed.
        UsageError: `repo_id` names no repository. HubFailure: the Hub cannot be asked, or the token may not.
        """
        refs = self._read_refs(repo_id)
        head, tags = (refs.branches.get(MAIN), refs.tags) if refs else (None, ())
        files: tuple[RemoteFile, ...] = ()
        manifest = None
        if head is not None:
            listed = self.list_files(repo_id, head)
            files, manifest = read_own_files(self, repo_id, head, listed, recall or (lambda _: {}))
        return RemoteState(
            repo_id=repo_id,
            endpoint=self.endpoint,
            loopback=is_loopback(self.endpoint),
            head=head,
            files=files,
            tags=tags,
            manifest=manifest,
            released=self._read_released(repo_id, head, files, tags),
            branches=tuple(sorted(refs.branches)) if refs else (),
        )

    def has_repository(self, repo_id: str) -> bool:
        """Return whether the repository exists, as far as this token may see."""
        return self._read_refs(repo_id) is not None

    def list_files(self, repo_id: str, revision: str) -> tuple[RemoteFile, ...]:
        """Return the files at a revision, sorted by path."""
        files = self._read(
            f"listing the files of {repo_id} at {revision}",
            lambda: list(self._api.read_tree(repo_id, revision)),
        )
        return tuple(sorted(files, key=lambda file: file.path))

    def list_tags(self, repo_id: str) -> tuple[Tag, ...]:
        """Return the tags of a repository, sorted by name."""
        refs = self._read_refs(repo_id)
        return refs.tags if refs else ()

    def list_branches(self, repo_id: str) -> tuple[str, ...]:
        """Return the names of the branches of a repository, sorted."""
        refs = self._read_refs(repo_id)
        return tuple(sorted(refs.branches)) if refs else ()

    def list_commits(self, repo_id: str, revision: str = MAIN) -> tuple[str, ...]:
        """Return the commits of a revision, the newest first."""
        return self._read(
            f"reading the history of {repo_id}",
            lambda: tuple(commit for commit, _ in self._api.read_commits(repo_id, revision)),
        )

    def read_title(self, repo_id: str, commit: str) -> str:
        """Return the first line of a commit's message."""
        return self._read(
            f"reading the history of {repo_id}",
            lambda: next((title for _, title in self._api.read_commits(repo_id, commit)), ""),
        )

    def read_file(self, repo_id: str, revision: str, path: str) -> bytes:
        """Return the bytes of one small file, from the Hub itself and no cache."""
        sink = io.BytesIO()
        self._download(repo_id, revision, path, sink)
        return sink.getvalue()

    def fetch_file(self, repo_id: str, revision: str, path: str, place: Path) -> None:
        """Write one file to `place`, from the Hub itself and no cache."""
        with place.open("w+b") as sink:
            self._download(repo_id, revision, path, sink)

    def hash_file(self, repo_id: str, revision: str, path: str) -> tuple[int, str]:
        """Return the size in bytes and the sha256 of one file, read from the Hub itself and not kept."""
        return self.hash_with_end(repo_id, revision, path, 0)[:2]

    def hash_with_end(self, repo_id: str, revision: str, path: str, keep: int) -> tuple[int, str, bytes]:
        """Return what `hash_file` does, and at most `keep` of the file's last bytes."""
        sink = Digest(keep)
        self._download(repo_id, revision, path, cast("BinaryIO", sink))
        return sink.tell(), sink.hexdigest(), sink.end()

    def identify_file(self, repo_id: str, revision: str, file: RemoteFile) -> tuple[str, str]:
        """Return the sha256 of a file that is listed, and the id that git would give it; as `hash_file`."""
        sink = Digest(git_size=file.size)
        self._download(repo_id, revision, file.path, cast("BinaryIO", sink))
        return sink.hexdigest(), sink.git_id()

    def check_login(self, *, writing: bool = False) -> None:
        """Ask who the token belongs to; `writing`: refuse one that may only read (HubFailure)."""
        try:
            account = self._read("asking who is logged in", self._api.whoami)
        except HubFailure as failure:
            if failure.passing or failure.status in {None, 401}:
                raise
            # A token made for one repository, or a server without accounts; writing will tell.
            self._say(f"{failure.what}; going on")
            return
        if writing and _role_of(account) == "read":
            raise HubFailure(
                f"the token for {self.endpoint} may only read", "use one that may write", status=403
            )

    def check_write(self, repo_id: str, *, pull_request: bool = False) -> None:
        """Refuse a token that may not send files there (HubFailure). A Hub without Xet cannot be asked."""
        self._speaks_xet(repo_id, pull_request=pull_request)

    # --- writing: each sends its request once ----------------------------------------------------------

    def create_repository(self, repo_id: str, *, private: bool = False) -> None:
        """Create an empty repository; an organisation's default for new ones is kept if not `private`."""
        self._call(
            f"creating {repo_id}",
            lambda: self._api.create_repo(
                repo_id, repo_type="dataset", exist_ok=False, private=private or None
            ),
        )

    prepare_files = staticmethod(prepare_upload)

    def send_files(self, repo_id: str, upload: Upload, *, pull_request: bool = False) -> None:
        """Send files, streamed from the disk. Nobody sees them until a commit.

        For a `pull_request`, who may not write may do so. DataError: they were changed meanwhile.
        """
        with (
            self._without_xet_where_unspoken(repo_id, pull_request=pull_request),
            without_bars(unless=sys.stderr.isatty()),
        ):
            for portion in upload.portions():
                send = partial(
                    self._api.preupload_lfs_files,
                    repo_id,
                    additions=portion,
                    repo_type="dataset",
                    create_pr=pull_request,
                    free_memory=False,
                    gitignore_content="",  # a .gitignore on the Hub would leave files out in silence
                )
                self._call(f"sending files to {repo_id}", send)
        upload.check_unchanged()

    def commit(  # noqa: PLR0913 - what a commit is made of
        self,
        repo_id: str,
        upload: Upload,
        *,
        delete: Iterable[str],
        parent: str | None,
        title: str,
        revision: str = MAIN,
        pull_request: str | None = None,
    ) -> str:
        """Make one commit on `main`, or in a pull request that stands, and return its id.

        With `pull_request`, its text, the commit is shown by a new pull request alone.

        Raises:
            HubFailure: with status 412 if the head is not `parent`; see `HubFailure.unsure`.
            DataError: the Hub refuses the card's metadata.
        """
        deletions = [huggingface_hub.CommitOperationDelete(path, is_folder=False) for path in delete]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)  # the Hub's remarks on the card come as such
            info = self._call(
                f"committing to {repo_id}",
                lambda: self._api.create_commit(
                    repo_id,
                    [*upload.operations, *deletions],
                    commit_message=title,
                    commit_description=pull_request,
                    create_pr=pull_request is not None,
                    repo_type="dataset",
                    revision=revision,
                    parent_commit=parent,
                ),
            )
        for warning in caught:
            if issubclass(warning.category, UserWarning):
                self._say(str(warning.message))
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        return info.oid

    def merge_pull_request(self, repo_id: str, number: int) -> None:
        """Merge a pull request into `main`."""
        self._call(
            f"merging pull request {number} of {repo_id}",
            lambda: self._api.merge_pull_request(repo_id, number, repo_type="dataset"),
        )

    def close_pull_request(self, repo_id: str, number: int) -> None:
        """Close a pull request without merging it."""
        self._call(
            f"closing pull request {number} of {repo_id}",
            lambda: self._api.change_discussion_status(repo_id, number, "closed", repo_type="dataset"),
        )

    def list_pull_requests(self, repo_id: str, title: str) -> tuple[int, ...]:
        """Return the numbers of the open pull requests with a title, the newest first."""
        found = self._read(
            f"looking for pull requests of {repo_id}",
            lambda: list(
                self._api.get_repo_discussions(
                    repo_id,
                    repo_type="dataset",
                    discussion_type="pull_request",
                    discussion_status="open",
                )
            ),
        )
        numbers = [each.num for each in found if each.is_pull_request and each.title == title]
        return tuple(sorted(numbers, reverse=True))

    def is_private(self, repo_id: str) -> bool:
        """Return whether only who is allowed to may see a repository."""
        info = self._read(
            f"asking who may see {repo_id}",
            lambda: self._api.dataset_info(repo_id, expand=["private"]),
        )
        return info.private is True

    def create_tag(self, repo_id: str, tag: str, *, commit: str, message: str) -> None:
        """Tag a commit; a tag that exists is left alone (a HubFailure with status 409)."""
        self._call(
            f"tagging {repo_id}",
            lambda: self._api.create_tag(
                repo_id, tag=tag, tag_message=message, revision=commit, repo_type="dataset"
            ),
        )

    def insist(self, write: Callable[[], T], settled: Callable[[], T | None]) -> T:
        """Return what a write returns, trying again while that can help.

        After a failure that leaves open whether the write was carried out, `settled` looks: it returns the
        result if the write stands, None if it does not and may be sent again, and raises if it never can.
        """

        def once() -> T | HubFailure:
            try:
                return write()
            except HubFailure as failure:
                if not failure.unsure:
                    raise
                unsure = failure
            found = settled()
            return unsure if found is None else found

        return self._patiently(once)

    # --- how it is asked -------------------------------------------------------------------------------

    def _read_refs(self, repo_id: str) -> Refs | None:
        """Return the branches and tags of a repository; None if it does not exist."""
        return self._read(f"looking for {repo_id}", lambda: self._api.read_refs(repo_id))

    def _read_released(
        self, repo_id: str, head: str | None, files: tuple[RemoteFile, ...], tags: tuple[Tag, ...]
    ) -> tuple[RemoteFile, ...]:
        """Return the files at the highest version; what the head holds too needs no second reading."""
        versions = {tag.version: tag.commit for tag in tags if tag.version}
        if not versions:
            return ()
        commit = versions[max(versions)]
        if commit == head:
            return files
        known = {(file.path, file.size, file.blob_id): file.sha256 for file in files if file.blob_id}
        return tuple(
            replace(file, sha256=file.sha256 or known.get((file.path, file.size, file.blob_id)))
            for file in self.list_files(repo_id, commit)
        )

    def _download(self, repo_id: str, revision: str, path: str, sink: BinaryIO) -> None:
        """Write one file into `sink`, which is emptied first. Resumed where the connection breaks."""
        url = huggingface_hub.hf_hub_url(
            repo_id, path, repo_type="dataset", revision=revision, endpoint=self.endpoint
        )
        headers = _utils.build_hf_headers(token=self._token, library_name=_NAME)

        def ask() -> None:
            sink.seek(0)
            sink.truncate()
            with without_bars():
                http_get(url, sink, headers={**headers, "Accept-Encoding": "identity"})

        self._read(f"reading {path} of {repo_id} at {revision}", ask)

    @contextmanager
    def _without_xet_where_unspoken(self, repo_id: str, *, pull_request: bool) -> Iterator[None]:
        """Let the client upload by LFS where the server does not speak Xet: it does not ask by itself."""
        before = constants.HF_HUB_DISABLE_XET
        constants.HF_HUB_DISABLE_XET = before or not self._speaks_xet(repo_id, pull_request=pull_request)
        try:
            yield
        finally:
            constants.HF_HUB_DISABLE_XET = before

    def _speaks_xet(self, repo_id: str, *, pull_request: bool) -> bool:
        key = repo_id, pull_request
        if key not in self._xet:
            self._xet[key] = self._call(
                f"preparing to send files to {repo_id}",
                lambda: self._api.speaks_xet(repo_id, pull_request=pull_request),
            )
        return self._xet[key]

    def _read(self, doing: str, call: Callable[[], T]) -> T:
        def once() -> T | HubFailure:
            try:
                return self._call(doing, call)
            except HubFailure as failure:
                if not failure.passing:
                    raise
                return failure

        return self._patiently(once)

    def _patiently(self, once: Callable[[], T | HubFailure]) -> T:
        """Call until it returns something else than a failure, which may pass, or patience is at its end."""
        for number, pause in enumerate((*self._waits, None), 2):
            answer = once()
            if not isinstance(answer, HubFailure):
                return answer
            if pause is None or answer.wait > _LONGEST_WAIT:
                raise answer
            seconds = max(pause, answer.wait)
            tries = len(self._waits) + 1
            self._say(f"{answer.what}; trying again in {seconds:g} s (try {number} of {tries})")
            time.sleep(seconds)
        raise AssertionError  # the last answer was returned or raised

    def _call(self, doing: str, call: Callable[[], T]) -> T:
        """Ask once. The client's own exception is not kept: it carries the request with its token."""
        httpx = _utils.httpx
        # The client would wait for ever. It has one session for all, so each call says how long it waits.
        huggingface_hub.get_session().timeout = httpx.Timeout(self._timeout, connect=_CONNECT_TIMEOUT)
        try:
            return call()
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            errors.OIDCError,
            OSError,
            ValueError,  # also JSON that is none
            RuntimeError,  # from uploading threads and from hf_xet
            LookupError,  # an answer without what the protocol promises
            TypeError,  # an answer of another shape than the protocol's
            AttributeError,
        ) as error:
            failure = explain(error, doing, self.endpoint, self._token)
        raise failure


def _say_safely(say: Callable[[str], None], text: str) -> None:
    """Say what a Hub says, which may hold what was sent."""
    say(hide_secrets(text))


def _role_of(account: object) -> object:
    """Return what a token says that it may do; None where the server does not tell."""
    for key in ("auth", "accessToken", "role"):
        account = account.get(key) if isinstance(account, dict) else None
    return account
