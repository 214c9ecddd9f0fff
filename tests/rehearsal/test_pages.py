from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from packager.markdown import render_markdown

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


def test_a_page_shows_the_card_rendered_and_its_metadata(api: HfApi, turns: str, ask: Ask) -> None:
    table = b"| a | b |\n|---|---|\n| *1* | 2 |\n"
    card = b"---\nlicense: mit\n---\n# Talk\n\n%b\n![x](figures/a.png) [data](./d.csv)\n" % table
    picture = CommitOperationAdd("figures/a.png", b"\x89PNG")
    operations = [CommitOperationAdd("README.md", card), picture, CommitOperationAdd("d.csv", b"1")]
    api.create_commit(turns, operations, commit_message="Add", repo_type="dataset")
    answer = ask("GET", "/datasets/me/turns")
    page = answer.body.decode()
    assert "<h1>Talk</h1>" in page
    assert "<td><em>1</em></td>\n<td>2</td>" in page
    assert "<details><summary>Metadata</summary><pre>license: mit</pre></details>" in page
    assert '<img src="/datasets/me/turns/resolve/main/figures/a.png" alt="x">' in page
    assert '<a href="/datasets/me/turns/resolve/main/d.csv"' in page
    shown = ask("GET", "/datasets/me/turns/resolve/main/figures/a.png")
    assert (shown.body, shown.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "color-scheme:light dark" in page


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=http://evil.example/a.png onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](java%0ascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](file:///etc/passwd)",
    "[a](//evil.example)",
    "<javascript:alert(1)>",
    "![a](http://evil.example/a.png)",
    "![a](//evil.example/a.png)",
    "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
    "![a](../../../other/resolve/main/a.png)",
    "![a](..%2f..%2fa.png)",
    '![a" onerror="alert(1)](a.png)',
    '[a](http://ok.example/" onclick="alert(1))',
    "[a][b]\n\n[b]: javascript:alert(1)",
    "```</code><script>\nx\n```",
    "| <script> |\n|---|\n| <b onclick=x> |",
    "</article></body><script>alert(1)</script>",
)


class Elements(HTMLParser):
    """The elements of a page, with their attributes, as a browser sees them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_card_does_nothing(text: str) -> None:
    files = "/datasets/me/turns/resolve/main/"
    for tag, attributes in Elements(render_markdown(text, files)).found:
        assert tag in {"a", "p", "pre", "code", "img", "table", "thead", "tbody", "tr", "th", "td"}
        assert attributes.keys() <= {"href", "src", "alt", "rel", "class"}
        assert str(attributes.get("src", files)).startswith(files)
        assert re.match("https?://|[.]|/datasets/me/turns/", attributes.get("href") or ".")


def test_a_picture_from_another_machine_is_shown_as_its_link() -> None:
    for text, shown in (("a plot", "a plot"), ("", "https://example.org/a.png")):
        rendered = render_markdown(f"![{text}](https://example.org/a.png)", "/files/")
        assert (
            f'<a href="https://example.org/a.png" rel="noreferrer noopener nofollow">{shown}</a>' in rendered
        )


def test_a_card_of_any_length_is_shown() -> None:
    assert render_markdown("[" * 300_000, "/").startswith("<pre>[[[[")


def test_a_page_shows_files_versions_and_branches_each_with_its_own(api: HfApi, turns: str, ask: Ask) -> None:
    def send(path: str, content: bytes) -> str:
        operation = CommitOperationAdd(path, content)
        return api.create_commit(turns, [operation], commit_message="<Add>", repo_type="dataset").oid

    first = send("data/a&b.bin", b"12345")
    api.create_tag(turns, tag="v1.0.0", repo_type="dataset")
    api.create_branch(turns, branch="a/b", repo_type="dataset")
    second = send("later.txt", b"1234567")
    answer = ask("GET", "/datasets/me/turns")
    page = answer.body.decode()
    assert f"main: <code>{second}</code>, &lt;Add&gt;" in page
    assert f'<a href="/datasets/me/turns?revision=v1.0.0">v1.0.0</a> <code>{first}</code>' in page
    assert f'<a href="/datasets/me/turns?revision=a/b">a/b</a> <code>{first}</code>' in page
    link = '<a href="/datasets/me/turns/resolve/main/data/a%26b.bin">data/a&amp;b.bin</a>'
    assert f'{link}<td class="number">5' in page
    assert ask("GET", "/datasets/me/turns/resolve/main/data/a%26b.bin").body == b"12345"
    assert "<script" not in page
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'"
    )
    for revision in ("v1.0.0", "a/b", first):
        older = ask("GET", f"/datasets/me/turns?revision={revision}").body.decode()
        assert ("data/a&amp;b.bin" in older, "later.txt" in older) == (True, False)
        assert f"/resolve/{revision.replace('/', '%2F')}/data/a%26b.bin" in older
    assert ask("GET", "/datasets/me/turns/resolve/a%2Fb/data/a%26b.bin").body == b"12345"
    assert ask("GET", "/datasets/me/turns?revision=v9").status == 404


def test_a_page_shows_the_open_pull_requests_each_with_its_difference(
    api: HfApi, turns: str, ask: Ask
) -> None:
    for title in ("Add <b>", "Close me"):
        api.create_commit(
            turns,
            [CommitOperationAdd("a.txt", b"<script>\n")],
            commit_message=title,
            repo_type="dataset",
            create_pr=True,
        )
    api.change_discussion_status(turns, 2, new_status="closed", repo_type="dataset")
    page = ask("GET", "/datasets/me/turns").body.decode()
    assert '<a href="/datasets/me/turns/discussions/1">#1 Add &lt;b&gt;</a>' in page
    assert "Close me" not in page
    answer = ask("GET", "/datasets/me/turns/discussions/1")
    shown = answer.body.decode()
    assert "<h1>#1 Add &lt;b&gt;</h1>" in shown
    assert "+++ b/a.txt\n@@ -0,0 +1 @@\n+&lt;script&gt;\n</pre>" in shown
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    link = "/datasets/me/turns?revision=refs/pr/1"
    assert f'<a href="{link}">refs/pr/1</a>' in shown
    assert "a.txt" in ask("GET", link).body.decode()
    assert ask("GET", "/datasets/me/turns/discussions/3").status == 404
    api.update_repo_settings(turns, repo_type="dataset", visibility="private")
    assert ask("GET", "/datasets/me/turns/discussions/1").status == 401


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
