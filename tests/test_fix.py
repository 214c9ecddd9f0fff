"""Repairs change the values that they must and keep every other byte."""

from __future__ import annotations

import json
import os
import re
import subprocess
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.check.rules import Properties as Names
from packager.check.rules import Rule
from packager.check.rules.catalogue import find_rule, resolve_severities
from packager.check.rules.turn import read_turn
from packager.cli import main
from packager.config import Bounds, Choices
from packager.fix import Properties, Repair, diff_file, fix_file, select_repairs
from packager.fix.values import repair_speaker, repair_text, repair_time
from packager.model import SourceFile
from packager.reading import find_below
from packager.reading.strict import parse_value
from project import make_project, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROPERTIES = Properties()
BOM = b"\xef\xbb\xbf"


def source_of(path: Path) -> SourceFile:
    return SourceFile(str(path), path.name, path.name, "")


def fix(path: Path, content: bytes) -> bytes:
    path.write_bytes(content)
    fix_file(source_of(path), PROPERTIES)
    return path.read_bytes()


# --- one value -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" So. ", "So."),
        ("\u3000So\ufeff\u200a", "So"),
        ("Cre\u0300me", "Crème"),
        ("AT&amp;T &lt;b&gt; &quot;&#39;&apos;", "AT&T <b> \"''"),
        ("caf&#233;&#x1F600;&#XE9;", "café😀é"),
        ("e&#769;", "é"),
        ("&nbsp;So&nbsp;", "So"),
        ("a&nbsp;b", "a\u00a0b"),
        # A person must tell what these mean, or there is nothing to do.
        ("&amp;lt;", "&amp;lt;"),
        (" &amp;#38; &lt; ", "&amp;#38; &lt;"),
        ("&amp\u037e", "&"),  # the Greek question mark is a semicolon in NFC
        ("&#0;&#8;&#128;&#xD800;&#x110000;&#9999999;", "&#0;&#8;&#128;&#xD800;&#x110000;&#9999999;"),
        ("R&D; &eacute; &amp", "R&D; &eacute; &amp"),
        (" \t", " \t"),
        ("&nbsp;", "&nbsp;"),
        ("", ""),
        ("a  b", "a  b"),
    ],
)
def test_a_text_is_repaired_where_it_is_clear(before: str, after: str) -> None:
    repaired, done = repair_text(before)
    assert repaired == after
    assert bool(done) is (before != after)


def test_entities_in_a_name_stay() -> None:
    assert repair_speaker(" Ada &amp; Gre\u0301ta ") == ("Ada &amp; Gréta", (Repair.NFC, Repair.SPACE))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1:02:03", "01:02:03"),
        ("00:7:5", "00:07:05"),
        ("0:0:0.5", "00:00:00.5"),
        ("100:1:1", "100:01:01"),
        *(
            (same, same)
            for same in ("01:02:03", "0:07", "1:60:00", "1:00:60", "1:2", "1:2:3,5", "1:2:", "-1:2:3", "")
        ),
        ("1:2:3.0123456789", "1:2:3.0123456789"),
        (" 1:02:03", " 1:02:03"),
        ("1:02:03\n", "1:02:03\n"),
        ("١:02:03", "١:02:03"),
    ],
)
def test_a_time_is_padded_where_it_is_clear(before: str, after: str) -> None:
    assert repair_time(before)[0] == after


TEXTS = st.text(
    st.sampled_from(' \u00a0\ufeff&;#amplt39xe0\u0301\u037eé\u0344\u212b"\\')
    | st.characters(exclude_categories=["Cs"]),
    max_size=24,
)


@given(TEXTS, st.sets(st.sampled_from(Repair)))
def test_to_repair_a_value_twice_is_to_repair_it_once(text: str, wanted: set[Repair]) -> None:
    for repair in (repair_text, repair_speaker, repair_time):
        once, done = repair(text, wanted)
        assert bool(done) is (once != text)
        assert wanted.issuperset(done)
        assert repair(once, wanted) == (once, ())


@given(st.sampled_from([repair_text, repair_speaker]), TEXTS)
def test_a_repaired_value_is_nfc_and_has_no_space_around_it(repair: Callable[[str], Any], text: str) -> None:
    repaired = repair(text)[0]
    if repaired != text:
        assert unicodedata.is_normalized("NFC", repaired)
        assert repaired.strip(" \u00a0\ufeff") == repaired


# --- which repairs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ignored", "text", "speaker", "start"),
    [
        ("", "é <", "é", "00:00:01"),
        ("text/not-nfc", "e\u0301 <", "e\u0301", "00:00:01"),
        ("text/entity", "é &lt;", "é", "00:00:01"),
        ("text/whitespace", " é <", " é ", "00:00:01"),
        ("time/not-a-time", "é <", "é", "0:0:1"),
        ("text/*", " e\u0301 &lt;", " e\u0301 ", "00:00:01"),
        ("*", " e\u0301 &lt;", " e\u0301 ", "0:0:1"),
    ],
)
def test_a_rule_that_does_not_hold_repairs_nothing(
    tmp_path: Path, ignored: str, text: str, speaker: str, start: str
) -> None:
    path = tmp_path / "a.jsonl"
    segment = {"Text": " e\u0301 &lt;", "Speaker": " e\u0301 ", "Start": "0:0:1"}
    path.write_bytes(BOM + json.dumps(segment).encode())
    rules = resolve_severities([Choices(ignore=(ignored,) if ignored else ())])
    outcome = fix_file(source_of(path), Properties(wanted=select_repairs(rules)))
    assert json.loads(path.read_text("utf-8")) == {"Text": text, "Speaker": speaker, "Start": start}
    assert outcome.repairs[Repair.MARK] == 1


def test_each_repair_but_one_belongs_to_a_rule_and_takes_away_what_it_blames() -> None:
    assert select_repairs(()) == {Repair.MARK}
    rules = {
        Repair.NFC: "text/not-nfc",
        Repair.ENTITY: "text/entity",
        Repair.SPACE: "text/whitespace",
        Repair.TIME: "time/not-a-time",
    }
    for repair, name in rules.items():
        assert select_repairs({name}) == {Repair.MARK, repair}
        rule = find_rule(name)
        assert isinstance(rule, Rule)
        if repair is not Repair.TIME:  # the example of that rule is not clear
            [(_, [segment])] = rule.bad
            repaired, done = repair_text(str(segment["Text"]), {repair})
            assert done == (repair,)
            check: Any = rule.check
            turn = read_turn({"Text": repaired}, Names(None, None, text="Text", speaker=None))
            assert list(check.find(turn, {})) == []


# --- one file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # order, spacing, other values, line ends and the missing last one stay
        (
            b'\t{"x": [1.0, 1e2 ,"\\u0041/\\/ "],"Text" :" So " , "Start":"1:2:3"} \r\n\r\n {"Text": "b"}',
            b'\t{"x": [1.0, 1e2 ,"\\u0041/\\/ "],"Text" :"So" , "Start":"01:02:03"} \r\n\r\n {"Text": "b"}',
        ),
        # nothing but the outermost properties is looked at
        (b'{"x": {"Text": " a "}, "text": " a ", "Text": [" a "]}\n', None),
        # characters keep the spelling that they have
        (
            b'{"Text": " \\u00c9t\\u00E9 \\ud83d\\ude00 <\\/b> \\n &#233; "}',
            b'{"Text": "\\u00c9t\\u00E9 \\ud83d\\ude00 <\\/b> \\n \\u00E9"}',
        ),
        ('{"Text": "Été \\" &#233; "}'.encode(), '{"Text": "Été \\" é"}'.encode()),
        # a byte order mark goes, on any line
        (BOM + b'{"Text": "a"}\n' + BOM + b'{"Text": " b"}\n', b'{"Text": "a"}\n{"Text": "b"}\n'),
        # any other flaw stops all repairs of the file
        *(
            (b'{"Text": " a "}\n' + flawed, None)
            for flawed in (
                b'{"Text": " a ",}',
                b'{"Text": " a ", "Text": " a "}',
                b'{"Text": NaN}',
                b'{"Text": "\xff"}',
                b'{"Text": "\\ud800"}',
                b'{"Text":\n" a "}',
                b'[" a "]',
                BOM + BOM + b"{}",
                BOM,
            )
        ),
        (b"", None),
    ],
)
def test_lines_keep_every_byte_that_is_not_repaired(
    tmp_path: Path, before: bytes, after: bytes | None
) -> None:
    assert fix(tmp_path / "a.jsonl", before) == (before if after is None else after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BOM + b' {\n  "Text": " a "\n}\n\n', b' {\n  "Text": "a"\n}\n\n'),
        (
            BOM + b'[{"Text": " a "},\n\n {"Text": "b", "End": "0:0:9"}]',
            b'[{"Text": "a"},\n\n {"Text": "b", "End": "00:00:09"}]',
        ),
        (b"[]", None),
        (BOM + b"[]", b"[]"),
        *(
            (flawed, None)
            for flawed in (
                b'[{"Text": " a "},]',
                b'[{"Text": " a "}',
                b'[{"Text": " a "}] x',
                b'[{"Text": " a "}, {"Text": 01}]',
                b'[{"Text": " a "}, 3]',
                b'{"Text": " a "} {}',
                b'"a "',
            )
        ),
    ],
)
def test_documents_keep_every_byte_that_is_not_repaired(
    tmp_path: Path, before: bytes, after: bytes | None
) -> None:
    assert fix(tmp_path / "a.json", before) == (before if after is None else after)


SPACE = st.sampled_from([b"", b" ", b"\t ", b"  "])
KEYS = st.sampled_from(["Text", "Speaker", "Start", "End", "x", "é\n"])
VALUES = st.recursive(
    TEXTS | st.sampled_from(["1:2:3", "00:1:1.5"]) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=3,
)


@st.composite
def objects(draw: st.DrawFn) -> list[bytes]:
    """Make the pieces of an object as JSON: at 1, 2, 3 of four a key, a value and what follows it."""
    pieces = [draw(SPACE) + b"{" + draw(SPACE)]
    members = draw(st.dictionaries(KEYS, VALUES, max_size=5))
    for number, (key, value) in enumerate(members.items()):
        pieces += [
            json.dumps(key, ensure_ascii=draw(st.booleans())).encode() + draw(SPACE) + b":" + draw(SPACE),
            json.dumps(value, ensure_ascii=draw(st.booleans())).encode(),
            draw(SPACE) + (b"," if number < len(members) - 1 else b"") + draw(SPACE),
        ]
    return [*pieces, b"}" + draw(SPACE)]


@given(
    lines=st.lists(objects(), min_size=1, max_size=3),
    newline=st.sampled_from([b"\n", b"\r\n"]),
    marked=st.booleans(),
)
def test_every_byte_outside_repaired_values_survives_and_the_second_time_is_idle(
    tmp_path_of_session: Path, lines: list[list[bytes]], newline: bytes, *, marked: bool
) -> None:
    path = tmp_path_of_session / "a.jsonl"
    before = newline.join(b"".join(line) for line in lines)
    after = fix(path, BOM + before if marked else before)
    at = 0
    for line in lines:
        for place, piece in enumerate(line):
            if place % 3 != 2 or place == len(line) - 1:
                assert after[at : at + len(piece)] == piece
                at += len(piece)
                continue
            # A value: it ends where the parser says, and is another only in what a repair does to it.
            old, parsed = json.loads(piece), parse_value(after[at:])
            assert parsed.end is not None
            if after[at : at + len(piece)] != piece:
                key = json.loads(line[place - 1].strip().removesuffix(b":").strip())
                repair = {"Text": repair_text, "Speaker": repair_speaker}.get(key, repair_time)
                assert key in {"Text", "Speaker", "Start", "End"}
                assert parsed.value == repair(old)[0] != old
            at += parsed.end
        at += len(newline) if line is not lines[-1] else 0
    assert at == len(after)
    assert fix(path, after) == after


@pytest.fixture(scope="session")
def tmp_path_of_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fixed")


# --- files ---------------------------------------------------------------------------------------------


def test_a_repair_tells_what_it_did(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(BOM + b'{"Text": " &lt;", "Start": "0:0:1", "Speaker": "e\xcc\x81"}\n')
    outcome = fix_file(source_of(path), PROPERTIES)
    assert dict(outcome.repairs) == {
        Repair.MARK: 1,
        Repair.SPACE: 1,
        Repair.ENTITY: 1,
        Repair.TIME: 1,
        Repair.NFC: 1,
    }
    assert outcome.left == ""
    assert dict(fix_file(source_of(path), PROPERTIES).repairs) == {}


def test_a_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.jsonl", tmp_path / "link.jsonl"
    path.write_bytes(b'{"Text": "a "}')
    path.chmod(0o640)
    link.symlink_to(path.name)
    assert fix_file(source_of(link), PROPERTIES).left == "it is a link: repair what it leads to"
    found = find_below([link], None, bounds=Bounds())
    assert [(each.name, each.place) for each in found.sources] == [(str(link), str(path))]
    fix_file(found.sources[0], PROPERTIES)
    assert path.read_bytes() == b'{"Text": "a"}'
    assert path.stat().st_mode & 0o7777 == 0o640
    assert link.is_symlink()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.jsonl", "link.jsonl"]


def test_a_file_without_repairs_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"Text": "a"}')
    before = path.stat()
    fix_file(source_of(path), PROPERTIES)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_another_program_writes_meanwhile_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"Text": "a "}')
    sync = os.fsync

    def write_meanwhile(handle: int) -> None:
        sync(handle)
        path.write_bytes(b'{"Text": "theirs "}')

    monkeypatch.setattr(os, "fsync", write_meanwhile)
    assert fix_file(source_of(path), PROPERTIES).left == "it changed meanwhile: run the command again"
    assert path.read_bytes() == b'{"Text": "theirs "}'
    assert [each.name for each in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.jsonl.gz", "compressed"),
        ("a.jsonl.zst", "compressed"),
        ("pipe.jsonl", "regular"),
        ("no.json", "regular"),
    ],
)
def test_what_cannot_be_repaired_is_left_and_says_why(tmp_path: Path, name: str, said: str) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert said in fix_file(source_of(tmp_path / name), PROPERTIES).left


def test_the_names_of_properties_are_those_of_the_project(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a/~": " x ", "Text": " y ", "t0": "0:0:1"}')
    fix_file(source_of(path), Properties(start="t0", end="t1", text="a/~", speaker="who"))
    assert path.read_bytes() == b'{"a/~": "x", "Text": " y ", "t0": "00:00:01"}'


# --- the difference ------------------------------------------------------------------------------------


def test_the_difference_has_three_lines_of_context_and_the_missing_end(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [f'{{"Text": "{number}"}}' for number in range(1, 20)]
    lines[1] = '{"Text": "2 "}'
    lines[2] = '{"Text": "3 "}'
    lines[18] = '{"Text": "19 "}'
    path.write_text("\n".join(lines))
    assert b"".join(diff_file(source_of(path), PROPERTIES)).decode() == (
        "--- a.jsonl\n"
        "+++ a.jsonl\n"
        "@@ -1,6 +1,6 @@\n"
        ' {"Text": "1"}\n'
        '-{"Text": "2 "}\n'
        '-{"Text": "3 "}\n'
        '+{"Text": "2"}\n'
        '+{"Text": "3"}\n'
        ' {"Text": "4"}\n'
        ' {"Text": "5"}\n'
        ' {"Text": "6"}\n'
        "@@ -16,4 +16,4 @@\n"
        ' {"Text": "16"}\n'
        ' {"Text": "17"}\n'
        ' {"Text": "18"}\n'
        '-{"Text": "19 "}\n'
        "\\ No newline at end of file\n"
        '+{"Text": "19"}\n'
        "\\ No newline at end of file\n"
    )


@given(
    lines=st.lists(
        st.sampled_from([b'{"Text": "a"}', b'{"Text": " b"}', b"", b'{"Text": "c "}\r']), max_size=40
    ),
    ended=st.booleans(),
)
def test_git_applies_the_difference_and_gets_what_a_repair_writes(
    tmp_path_of_session: Path, lines: list[bytes], *, ended: bool
) -> None:
    path = tmp_path_of_session / "d.jsonl"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended else b""))
    before = path.read_bytes()
    difference = b"".join(diff_file(source_of(path), PROPERTIES))
    fix_file(source_of(path), PROPERTIES)
    fixed = path.read_bytes()
    path.write_bytes(before)
    if difference:
        apply = ["git", "apply", "-p0", "--whitespace=nowarn", "-"]
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(path.parent.parent)}
        subprocess.run(apply, input=difference, cwd=path.parent, check=True, env=environment)
    assert path.read_bytes() == fixed


# --- the command ---------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path)
    (root / "segments").mkdir()
    (root / "segments" / "a.jsonl").write_bytes(
        BOM + b'{"Speaker": "Ada", "Start": "0:00:01", "End": "00:00:02", "Text": "So &amp; so "}\n'
    )
    (root / "segments" / "b.jsonl").write_bytes(b'{"Text": " x",}')
    monkeypatch.chdir(root)
    return root


def test_fix_repairs_first_and_checks_what_came_of_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--fix", "segments/a.jsonl"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "1 file, 1 segment: no problems\n"
    assert captured.err == (
        "packager: repaired 1 file (HTML entity 1, byte order mark 1, white space 1, zero-padding 1)\n"
    )
    assert (project / "segments" / "a.jsonl").read_bytes() == (
        b'{"Speaker": "Ada", "Start": "00:00:01", "End": "00:00:02", "Text": "So & so"}\n'
    )


def test_diff_shows_it_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (project / "segments" / "a.jsonl").read_bytes()
    assert main(["check", "--diff"]) == 1
    captured = capsys.readouterr()
    assert re.findall("^[-+].*", captured.out, re.MULTILINE)[2:] == [
        '-\ufeff{"Speaker": "Ada", "Start": "0:00:01", "End": "00:00:02", "Text": "So &amp; so "}',
        '+{"Speaker": "Ada", "Start": "00:00:01", "End": "00:00:02", "Text": "So & so"}',
    ]
    assert captured.err.splitlines() == [
        "packager: would repair 1 file (HTML entity 1, byte order mark 1, white space 1, zero-padding 1)",
        (
            "packager: segments/b.jsonl is left as it is: it has flaws that stop a repair: "
            "mend the errors json/… first"
        ),
    ]
    assert (project / "segments" / "a.jsonl").read_bytes() == before
    assert main(["--quiet", "check", "--fix"]) == 1
    assert "trailing-comma" in capsys.readouterr().out
    assert main(["--quiet", "check", "--diff"]) == 0
    assert capsys.readouterr() == ("", "")


CHOICES = """
[check]
ignore = ["text/whitespace"]

[[check.path]]
pattern = "segments/raw/*"
ignore = ["text/*", "time/*"]

[[check.path]]
pattern = "segments/raw/own.jsonl"
select = ["text/entity"]
"""


def test_fix_repairs_what_the_rules_of_the_project_select_for_each_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_project(tmp_path, CHOICES)
    monkeypatch.chdir(root)
    segment = {"Speaker": "Ada", "Start": "0:00:01", "End": "00:00:02", "Text": " So &amp; so"}
    for name in ("a.jsonl", "raw/b.jsonl", "raw/own.jsonl"):
        write_lines(root / "segments" / name, [segment])
    main(["check", "--diff"])
    shown = capsys.readouterr().out
    main(["check", "--fix"])
    assert capsys.readouterr().err == "packager: repaired 2 files (HTML entity 2, zero-padding 1)\n"
    found = {
        name: json.loads((root / "segments" / name).read_text("utf-8"))
        for name in ("a.jsonl", "raw/b.jsonl", "raw/own.jsonl")
    }
    assert found == {
        "a.jsonl": {**segment, "Start": "00:00:01", "Text": " So & so"},
        "raw/b.jsonl": segment,
        "raw/own.jsonl": {**segment, "Text": " So & so"},
    }
    assert re.findall(r"^--- (.*)$", shown, re.MULTILINE) == ["segments/a.jsonl", "segments/raw/own.jsonl"]


@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_a_rule_that_there_is_not_stops_before_anything_is_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    root = make_project(tmp_path, '[check]\nignore = ["text/white"]\n')
    monkeypatch.chdir(root)
    write_lines(root / "segments" / "a.jsonl", [{"Text": " So"}])
    assert main(["check", option]) == 2
    assert "'text/white' is no rule" in capsys.readouterr().err
    assert (root / "segments" / "a.jsonl").read_text() == '{"Text": " So"}\n'
