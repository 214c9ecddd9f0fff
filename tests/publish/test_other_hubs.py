"""Publishing asks of a Hub only what the protocol promises: no field, header or page size beyond that."""

from __future__ import annotations

import http.client
import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from packager.hub import Hub, connect_hub
from packager.publish import check_release, plan_release, publish_as_planned, verify_release
from publish.conftest import _WireHandler, _WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.built import Manifest, Receipt, ReleasePlan
    from packager.rehearsal import HubAddress
    from publish.conftest import Builds, Stranger

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"
TWO_SHARDS = [
    "README.md",
    "data/train-00000-of-00002.parquet",
    "data/train-00001-of-00002.parquet",
    "manifest.json",
]
NEEDED = {
    "tree": {"type", "path", "oid", "size", "lfs"},
    "lfs": {"oid", "size", "pointerSize"},
    "commits": {"id", "title", "message", "date", "authors"},
    "refs": {"branches", "tags", "converts"},
}
"""What the Hub's own client reads without asking whether it is there."""


class _SpareServer(_WireServer):
    """A Hub that says no more than it must, in another way than the rehearsal Hub."""

    whoami: tuple[int, object] = (200, {"name": "me"})
    moved = False

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self.RequestHandlerClass = _SpareHandler


class _SpareHandler(_WireHandler):
    server: _SpareServer

    def forward(self) -> None:
        path = urlsplit(self.path).path
        if path == "/api/validate-yaml" or "/xet-" in path:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.reply(404, [], b"Not Found")
        elif path == "/api/whoami-v2":
            status, document = self.server.whoami
            self.reply(status, [("content-type", "application/json")], json.dumps(document).encode())
        elif "/resolve/" in path and self.server.moved and "elsewhere" not in self.path:
            self.reply(302, [("location", f"{path}?elsewhere=1")], b"")
        else:
            super().forward()

    def ask(self, body: bytes, *, answer: bool) -> None:
        connection = http.client.HTTPConnection(self.server.target)
        connection.request(self.command, self.path, body, dict(self.headers))
        response = connection.getresponse()
        data = response.read()
        connection.close()
        if answer:
            headers = [
                (name.upper(), value)
                for name, value in response.getheaders()
                if name.lower() in {"content-type", "etag", "location", "www-authenticate", "x-error-code"}
            ]
            if response.status == 200 and "/api/datasets/" in self.path and self.command == "GET":
                data, more = self._spare(json.loads(data))
                headers += more
            self.reply(response.status, headers, data)

    def _spare(self, document: Any) -> tuple[bytes, list[tuple[str, str]]]:  # noqa: ANN401 - any JSON
        parts = urlsplit(self.path)
        kind = parts.path.split("/")[5] if parts.path.count("/") > 4 else ""
        more: list[tuple[str, str]] = []
        if isinstance(document, list):
            at = int(parse_qs(parts.query).get("page", ["0"])[0])
            if at + 1 < len(document):
                host = self.server.wire.endpoint
                more = [("LINK", f'<{host}{parts.path}?recursive=True&page={at + 1}>; rel="next"')]
            document = document[at : at + 1]
            for entry in document:
                _keep(entry, NEEDED.get(kind, set(entry)))
                _keep(entry.get("lfs") or {}, NEEDED["lfs"])
        elif kind == "refs":
            _keep(document, NEEDED["refs"])
        return json.dumps(document).encode(), more


def _keep(entry: dict[str, Any], names: set[str]) -> None:
    for name in entry.keys() - names:
        del entry[name]


@pytest.fixture
def spare(address: HubAddress) -> Iterator[_SpareServer]:
    with _SpareServer(address.endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def spare_hub(spare: _SpareServer, address: HubAddress) -> Hub:
    return connect_hub(spare.wire.endpoint, address.token, waits=(0, 0))


def publish(hub: Hub, build: tuple[Path, Manifest]) -> Receipt:
    folder, manifest = build

    def make_plan() -> ReleasePlan:
        return plan_release(manifest, hub.read_state(REPO))

    plan = make_plan()
    if plan.published_as is None:
        check_release(plan, hub, folder)
    return publish_as_planned(plan, hub, folder, make_plan)


@pytest.mark.parametrize("moved", [False, True], ids=["in place", "elsewhere"])
def test_two_releases_and_their_proof(
    spare: _SpareServer, spare_hub: Hub, builds: Builds, stranger: Stranger, *, moved: bool
) -> None:
    spare.moved = moved
    first = publish(spare_hub, builds.two_shards())
    assert list(first.proven) == TWO_SHARDS
    second = publish(spare_hub, builds.one_shard())
    assert second.listed == ("README.md",)
    assert stranger.titles() == ["Release v1.0.1", "Release v1.0.0", "initial commit"]
    assert stranger.tags() == {"v1.0.0": first.commit, "v1.0.1": second.commit}
    for tag in ("v1.0.0", "v1.0.1"):
        assert verify_release(spare_hub, REPO, tag).differences == ()


def test_an_unchanged_release_is_known(spare_hub: Hub, builds: Builds, stranger: Stranger) -> None:
    build = builds.two_shards()
    publish(spare_hub, build)
    assert publish(spare_hub, build).created is False
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]


@pytest.mark.parametrize(
    "whoami",
    [
        (200, {"name": "me", "type": "user", "auth": {"type": "oauth"}}),
        (200, {"user": {"name": "me"}}),
        (
            200,
            {"name": "me", "auth": {"accessToken": {"role": "fineGrained", "fineGrained": {"scoped": []}}}},
        ),
        (403, {"error": "not with this token"}),
        (404, {"error": "not here"}),
        (501, {"error": "not implemented"}),
    ],
    ids=["oauth", "other shape", "fine-grained", "forbidden", "absent", "not implemented"],
)
def test_a_hub_that_says_little_of_who_is_there_does_not_stop_a_release(
    spare: _SpareServer, spare_hub: Hub, builds: Builds, whoami: tuple[int, object]
) -> None:
    spare.whoami = whoami
    assert publish(spare_hub, builds.two_shards()).version == "1.0.0"


def test_nothing_is_asked_that_only_watches_who_uses_the_client(
    spare: _SpareServer, spare_hub: Hub, builds: Builds
) -> None:
    publish(spare_hub, builds.two_shards())
    assert [request for request in spare.wire.requests if "agent-harnesses" in request] == []
