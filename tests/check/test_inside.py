"""Segments inside of documents are judged with what the documents give to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from packager.check.criteria import Criteria
from packager.check.judge import Judged, judge_blocks
from packager.model import Inside, SourceFile

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {
    "type": "object",
    "properties": {"Start": {"type": "string"}, "Text": {"type": "string"}, "Language": {"enum": ["en"]}},
    "required": ["Text", "Language"],
}
INSIDE = Inside(("/segments",), (("Language", "/language"), ("Text", "/text")))


def judge(folder: Path, text: str) -> list[tuple[str, int, int, str]]:
    path = folder / "a.json"
    path.write_text(text, encoding="utf-8")
    criteria = Criteria(json.dumps(SCHEMA).encode(), "schema.json", None, "Start", "End", None)
    source = SourceFile(str(path), "a.json", "a", "segments", inside=INSIDE)
    return [
        (problem.rule, problem.line, problem.column, problem.pointer)
        for judged in judge_blocks(source, criteria)
        if isinstance(judged, Judged)
        for problem in judged.problems
        if problem.severity == "error" or problem.rule.startswith("text/")
    ]


def test_a_finding_in_a_carried_value_is_in_the_document(tmp_path: Path) -> None:
    text = '{"text": "x", "segments": [{"Start": 1}, {}],\n "language": "de"}'
    assert sorted(judge(tmp_path, text)) == [
        ("schema/enum", 2, 14, "/Language"),
        ("schema/enum", 2, 14, "/Language"),
        ("schema/type", 1, 38, "/Start"),
    ]


def test_what_a_document_does_not_have_is_missing_in_its_segments(tmp_path: Path) -> None:
    assert judge(tmp_path, '{"text": "x", "segments": [{}]}') == [("schema/required", 1, 28, "")]


def test_rules_see_a_text_that_is_carried(tmp_path: Path) -> None:
    text = '{"text": "x\ufffdx", "segments": [{}], "language": "en"}'
    assert judge(tmp_path, text) == [("text/replacement-character", 1, 10, "/Text")]


def test_a_secret_in_what_segments_receive_is_found_where_it_stands(tmp_path: Path) -> None:
    token = "hf_" + "a1B2" * 9
    text = f'{{"segments": [{{"Text": "x"}}],\n "language": "{token}"}}'
    assert ("text/secret", 2, 14, "/Language") in judge(tmp_path, text)
