"""The page of `packager card --open`: what it says, and what a real browser makes of it."""

from __future__ import annotations

import html
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from packager.card import Preview, render_page
from packager.cli import main
from project import make_corpus, make_segment, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    *(
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
    ),
    *("disable-component-update", "disable-sync"),
)
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 100" width="800" height="100">'
    b'<rect width="800" height="100" fill="#888"/></svg>'
)
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</td></tr></table></details></section></main><script>document.title='owned'</script>",
    "<img src=x onerror=document.title='owned'>",
    '"><svg onload=document.title="owned">',
    "javascript:document.title='owned'",
    "</style><script>document.title='owned'</script>",
    "</title><script>document.title='owned'</script>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<base href=http://127.0.0.1:9/>",
    "<iframe src=http://127.0.0.1:9/></iframe>",
    "<link rel=stylesheet href=http://127.0.0.1:9/a.css>",
    "<a href=javascript:alert(1)>x</a>",
    "<!-- packager:glance -->",
    "<!--",
    "]]>",
    "&lt;script&gt;",
    "&#x3c;script&#x3e;",
    "{{ 7 * 7 }} ${7*7} {% raw %}",
    "\u202egpj.exe",
    "\u0000\u0007\u001b[31m",
    "\ud7ff\ufffe\uffff",
    "![x](http://127.0.0.1:9/a.png)",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "`````\n<script>",
    "---\nlicense: mit\n---",
    "| a | b |\n|---|---|",
    "W" * 5000,
    "a\u0301" * 300,
    "\u2028\u2029\r\n\x0b\x0c",
)
CARD = """\
---
license: cc-by-4.0
language:
- en
pretty_name: "Turns <b>of</b> a podcast"
tags:
- transcripts
- {long}
---

# Turns

<!-- a remark that nobody needs to see -->

A paragraph with `code`, a [link](https://example.org) and a {long}.

![Hours of each speaker](card/hours.svg)

> A quotation.

| Segments | Words |
|---:|:---:|
| 10 | 20 |

```python
print("{long}")
```

<script>document.title = "owned"</script>

""".format(long="very-long-word-" * 12)


def make_page(rows: Sequence[tuple[Any, ...]], card: str = CARD) -> str:
    preview = Preview("train", 1000, ("recording", "segment", "Text"), rows)
    return render_page("me/turns", card.encode(), [preview], {"card/hours.svg": SVG}).decode()


ROWS = [(f"ep{number}", number, text) for number, text in enumerate(HOSTILE)]


class Tags(HTMLParser):
    """Every tag that a browser would find."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_nothing_in_rows_or_card_becomes_a_tag() -> None:
    harmless = [(f"ep{number}", number, "x") for number in range(len(HOSTILE))]
    calm = [tag for tag, _ in Tags(make_page(harmless)).found]
    assert [tag for tag, _ in Tags(make_page(ROWS)).found] == calm
    assert not {"script", "iframe", "base", "link", "object", "form"} & set(calm)
    for text in HOSTILE:
        card = f"---\npretty_name: {html.escape(repr(text))!r}\n---\n# Turns\n\n{text}\n"
        found = Tags(render_page(text, card.encode("utf-8", "replace"), [], {}).decode()).found
        assert not {"script", "iframe", "base", "link", "svg", "object", "img"} & {tag for tag, _ in found}
        assert [tag for tag, _ in found].count("meta") == 4
        assert not [values for _, values in found if any(name.startswith("on") for name in values)]


def test_values_are_shown_as_what_they_are() -> None:
    page = make_page(
        [("ep1", 2**62 + 1, None), ("ep2", 0, [1, "é"]), ("ep3", 1, True), ("ep4", 0.1, "x" * 300)]
    )
    for cell in (
        '<td class="right">4611686018427387905</td>',
        '<span class="null">null</span>',
        "<td>[1, &quot;é&quot;]</td>",
        "<td>true</td>",
        '<td class="right">0.1</td>',
        f'<td class="long">{"x" * 240}…</td>',
    ):
        assert cell in page
    assert "10 of 1,000 rows" not in page
    assert "4 of 1,000 rows" in page


def test_comments_are_hidden_and_pictures_are_inside() -> None:
    page = make_page([])
    assert "nobody needs to see" not in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert 'alt="Hours of each speaker"' in page
    assert re.findall(r'(?:src|href)="(?!data:|https://example\.org)[^"]*"', page) == []


def test_the_command_writes_the_page_of_the_latest_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    make_corpus(tmp_path)
    project = str(tmp_path)
    assert main(["card", "--open", "--project", project]) == 2
    assert "packager build" in capsys.readouterr().err
    assert main(["--quiet", "build", "--project", project]) == 0
    capsys.readouterr()
    assert main(["card", "--open", "--project", project]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == tmp_path / ".packager" / "card.html"
    assert "train: 10 of 55 rows" in path.read_text()
    assert main(["card", "--open", "--project", project, "--out", str(tmp_path / "a.html")]) == 0
    assert (tmp_path / "a.html").read_bytes() == path.read_bytes()
    assert main(["card", "--check", "--open", "--project", project]) == 2
    assert main(["card", "--out", "x", "--project", project]) == 2


def test_a_build_that_lacks_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_corpus(tmp_path)
    assert main(["--quiet", "build", "--project", str(project)]) == 0
    (project / "build" / "card" / "splits.svg").unlink()
    assert main(["card", "--open", "--project", str(project)]) == 1
    assert "lacks card/splits.svg: run `packager build` again" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["{}/card.md", "../card.md"])
def test_a_card_may_lie_outside_of_the_project_where_that_is_allowed(
    tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_corpus(tmp_path / "project")
    text = (project / "dataset.toml").read_text()
    name = place.format(tmp_path)
    (project / "dataset.toml").write_text(text.replace("[dataset]", f'[dataset]\ncard = "{name}"', 1))
    (tmp_path / "card.md").write_text("---\nlicense: mit\n---\n# Turns\n\nTODO\n")
    for command in (["card", "--check"], ["check"], ["build"], ["card", "--open"]):
        assert main([*command, "--project", str(project)]) == 2
        assert "card.md" in capsys.readouterr().err
    for command in (["card", "--check"], ["check"], ["build"], ["card", "--open"]):
        assert main([*command, "--project", str(project), "--allow", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert f"{name}:6:1 warning: `TODO` is a placeholder [card/placeholder]" in captured.out
    assert f"warning: {name} has 1 warning" in captured.err


# --- in a browser --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    if CHROMIUM is None or DRIVER is None:
        tried = (ROOT / ".venv" / "gathered" / "no-browser").is_file()  # see scripts/environment.py
        pytest.skip(f"there is no Chromium{': the set-up could not gather it' * tried}")
    options = Options()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages that are looked at: of a build with hostile texts, and one with a picture and much else."""
    root = tmp_path_factory.mktemp("pages")
    assert main(["--quiet", "init", str(root / "turns")]) == 0
    lines = [
        make_segment(re.sub(r"\s+|[^\x20-\ud7ff]", " ", text).strip(), 3 * at)
        for at, text in enumerate(HOSTILE)
        if len(text) < 200
    ]
    for number in range(30):
        write_lines(root / "turns" / "segments" / f"ep{number}.jsonl", lines)
    assert main(["--quiet", "build", "--drop-invalid", "--project", str(root / "turns")]) == 0
    assert main(["card", "--open", "--project", str(root / "turns"), "--out", str(root / "built.html")]) == 0
    (root / "made.html").write_text(make_page(ROWS), encoding="utf-8", errors="replace")
    return {"built": root / "built.html", "made": root / "made.html"}


def show(driver: webdriver.Chrome, page: Path, width: int = 1100, scheme: str = "light") -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    driver.get(page.as_uri())


def ask(driver: webdriver.Chrome, script: str) -> Any:  # noqa: ANN401 - whatever the page answers
    return driver.execute_script(script)


NAMES = ("built", "made")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [320, 360, 768, 1100])
def test_nothing_overflows_the_page(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str, width: int
) -> None:
    show(browser, pages[name], width)
    assert ask(browser, "return document.documentElement.scrollWidth <= innerWidth")
    outside = """
        return [...document.querySelectorAll('body *')].filter(each => !each.closest('.wide, pre')
            && each.getBoundingClientRect().right > innerWidth + 1)
            .map(each => each.outerHTML.slice(0, 80))"""
    assert ask(browser, outside) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_page_runs_nothing_loads_nothing_and_says_nothing_in_the_console(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str
) -> None:
    browser.get_log("browser")  # what stood there before
    show(browser, pages[name])
    assert browser.get_log("browser") == []
    assert browser.title == ("me/turns")
    assert (
        ask(
            browser,
            "return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length",
        )
        == 0
    )
    assert ask(browser, "return document.scripts.length") == 0
    assert ask(browser, "return [...document.images].every(each => each.complete && each.naturalWidth > 0)")
    assert ask(browser, "return document.images.length") == (1 if name == "made" else 4)


def test_the_policy_would_stop_what_should_get_in(browser: webdriver.Chrome, tmp_path: Path) -> None:
    page = make_page([]).replace(
        "</footer>", "</footer><script>document.title='owned'</script><style>p{}</style>"
    )
    (tmp_path / "page.html").write_text(page)
    browser.get_log("browser")
    show(browser, tmp_path / "page.html")
    assert browser.title == "me/turns"
    assert len(browser.get_log("browser")) == 2


@pytest.mark.parametrize("name", NAMES)
def test_what_is_there_has_a_name(browser: webdriver.Chrome, pages: dict[str, Path], name: str) -> None:
    show(browser, pages[name])
    assert ask(browser, "return document.documentElement.lang") == "en"
    alternatives = ask(browser, "return [...document.images].map(e => e.alt)")
    assert len(alternatives) == (1 if name == "made" else 4)
    assert all(alternatives)
    landmarks = (
        "return ['header','main','footer'].map(each => document.querySelectorAll('body > ' + each).length)"
    )
    assert ask(browser, landmarks) == [1, 1, 1]
    unnamed = """
        const all = (selector, is) => [...document.querySelectorAll(selector)].filter(is).length;
        return all('[role=region], section, ul.chips', each => !each.ariaLabel)
            + all('th', each => each.scope !== 'col' || !each.innerText.trim())
            + all('a', each => !each.innerText.trim())"""
    assert ask(browser, unnamed) == 0
    assert ask(browser, "return document.querySelectorAll('table').length") == ask(
        browser, "return document.querySelectorAll('[role=region][tabindex=\"0\"] > table').length"
    )


CONTRAST = """
    const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
    const behind = each => {
        for (; each; each = each.parentElement) {
            const found = numbers(getComputedStyle(each).backgroundColor);
            if (found.length === 3 || found[3] === 1) return found;
        }
        return [255, 255, 255];
    };
    const worst = [21, ''];
    for (const each of document.querySelectorAll('body *')) {
        if (![...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
        const pair = [numbers(getComputedStyle(each).color), behind(each)].map(light).sort((a, b) => b - a);
        const ratio = (pair[0] + .05) / (pair[1] + .05);
        if (ratio < worst[0]) { worst[0] = ratio; worst[1] = each.outerHTML.slice(0, 80); }
    }
    return [worst, getComputedStyle(document.body).backgroundColor]"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(13, 17, 23)")])
def test_every_text_stands_out_in_light_and_dark(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str, scheme: str, paper: str
) -> None:
    show(browser, pages[name], scheme=scheme)
    (ratio, where), background = ask(browser, CONTRAST)
    assert background == paper
    assert 4.5 <= ratio < 21, where
