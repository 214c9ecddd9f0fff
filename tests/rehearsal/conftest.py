from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest
from huggingface_hub import HfApi

if TYPE_CHECKING:
    from packager.rehearsal import HubAddress


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class Ask(Protocol):
    def __call__(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer: ...


@pytest.fixture
def api(hub: HubAddress) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=hub.token)


@pytest.fixture
def stranger(hub: HubAddress) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=False)


@pytest.fixture
def turns(api: HfApi) -> str:
    """The id of a new, empty data set."""
    return api.create_repo("me/turns", repo_type="dataset").repo_id


@pytest.fixture
def ask(hub: HubAddress) -> Ask:
    """Send one request exactly as written; without an Authorization header it is a stranger's."""

    def send(
        method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(hub.endpoint.removeprefix("http://"), timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    return send
