"""Small dataset projects for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def make_segment(text: str = "Hello.", start: int = 0, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a valid segment of two seconds."""
    clock = f"00:{start // 60:02}:{start % 60:02}"
    until = f"00:{(start + 2) // 60:02}:{(start + 2) % 60:02}"
    return {"Speaker": "Ada", "Start": clock, "End": until, "Text": text, **more}


def make_project(folder: Path, config: str = "") -> Path:
    """Make a project without segments; `config` follows the [dataset] table's repo_id."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(f'[dataset]\nrepo_id = "me/turns"\n{config}')
    return folder


def write_lines(path: Path, values: Iterable[object]) -> None:
    """Write a .jsonl file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values))


def write_json(path: Path, value: object) -> None:
    """Write a .json file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False))


def make_corpus(folder: Path, recordings: int = 12, segments: int = 5) -> Path:
    """Make a project with JSONL recordings `ep0`, `ep1`, …, and the usual three splits."""
    make_project(folder, "[splits]\ntrain = 0.9\nvalidation = 0.05\ntest = 0.05\n")
    for number in range(recordings):
        lines = [
            make_segment(f"Turn {turn} of {number}.", 3 * turn, Speaker=f"Guest of day {number}")
            for turn in range(segments)
        ]
        write_lines(folder / "segments" / f"ep{number}.jsonl", lines)
    return folder
