from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from huggingface_hub import CommitOperationAdd, HfApi

if TYPE_CHECKING:
    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Ask


def test_the_first_page_lists_what_everybody_may_see(api: HfApi, hub: HubAddress, ask: Ask) -> None:
    assert "Nothing has been published yet." in ask("GET", "/").body.decode()
    api.create_repo("me/turns", repo_type="dataset")
    api.create_repo("me/thing", repo_type="model")
    api.create_repo("me/secret", repo_type="dataset", private=True)
    page = ask("GET", "/").body.decode()
    assert '<a href="/datasets/me/turns">datasets/me/turns</a>' in page
    assert '<a href="/me/thing">me/thing</a>' in page
    assert "secret" not in page
    basic = base64.b64encode(f"anyone:{hub.token}".encode()).decode()
    assert "datasets/me/secret" in ask("GET", "/", headers={"Authorization": f"Basic {basic}"}).body.decode()


def test_a_page_shows_files_versions_and_the_card_as_text(api: HfApi, turns: str, ask: Ask) -> None:
    card = b"---\nlicense: mit\n---\n# <script>alert(1)</script>\n"
    operations = [CommitOperationAdd("README.md", card), CommitOperationAdd("data/a&b.bin", b"12345")]
    head = api.create_commit(turns, operations, commit_message="Add", repo_type="dataset").oid
    api.create_tag(turns, tag="v1.0.0", repo_type="dataset")
    answer = ask("GET", "/datasets/me/turns")
    page = answer.body.decode()
    assert "# &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert f"<li>v1.0.0 <code>{head}</code></li>" in page
    assert '<a href="/datasets/me/turns/resolve/main/data/a%26b.bin">data/a&amp;b.bin</a> 5 bytes' in page
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert ask("GET", "/datasets/me/turns/resolve/main/data/a%26b.bin").body == b"12345"


def test_the_page_of_a_private_repository_asks_for_the_token(api: HfApi, hub: HubAddress, ask: Ask) -> None:
    api.create_repo("me/secret", repo_type="dataset", private=True)
    answer = ask("GET", "/datasets/me/secret")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    for password, status in ((hub.token, 200), ("wrong", 401)):
        basic = base64.b64encode(f"anyone:{password}".encode()).decode()
        assert ask("GET", "/datasets/me/secret", headers={"Authorization": f"Basic {basic}"}).status == status
    for header in ("Basic %%%", "Basic", "Digest x", ""):
        assert ask("GET", "/datasets/me/secret", headers={"Authorization": header}).status == 401
