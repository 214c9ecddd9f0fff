"""Hold the house: imports run downwards, each third-party library has its owner, pure rooms touch nothing."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGE: Final = ROOT / "packager"

FLOORS: Final = (
    {"secrets"},
    {"errors", "model"},
    {"built", "files"},
    {
        "cache",
        "canonical",
        "card_rules",
        "clocks",
        "config",
        "manifest",
        "markdown",
        "reports",
        "statistics",
        "times",
        "work",
    },
    {"baseline", "columns", "diff", "folders", "reading", "recordings", "schema"},
    {"card", "demo_corpus", "parquet", "splits", "starter", "store"},
    {"check", "fix"},
    {"assemble", "hub", "release"},
    {"publish", "readback"},
    {"cli"},
    {"__init__", "__main__"},
)
"""A room imports only from lower floors. `rehearsal` stands apart: only cli imports it."""

OWNERS: Final = {
    "backports": {"reading"},
    "blake3": {"rehearsal"},
    "corvus_regex_ecma262": {"schema"},
    "compression": {"reading"},
    "datasets": {"readback"},
    "dulwich": {"rehearsal"},
    "filelock": {"folders", "rehearsal"},
    "huggingface_hub": {"hub"},
    "jsonschema": {"schema"},
    "jsonschema_rs": {"schema"},
    "langcodes": {"card"},
    "lz4": {"rehearsal"},
    "markdown_it": {"card", "markdown"},
    "numpy": {"clocks", "assemble", "canonical", "check", "parquet", "reading", "secrets"},
    # What each writes or reads: the canonical form, manifests, sources, what is remembered.
    "orjson": {"canonical", "manifest", "reading", "store"},
    "pyarrow": {"parquet"},
    "rich": {"cli"},
    "ruamel": {"card", "rehearsal"},
    "starlette": {"rehearsal"},
    "uvicorn": {"rehearsal"},
    "xxhash": {"check"},
}

PURE: Final = (
    *(
        "built.py",
        "model.py",
        "errors.py",
        "splits/place.py",
        "times.py",
        "canonical.py",
        "recordings.py",
        "baseline.py",
        "markdown.py",
    ),
    "secrets.py",
    *(f"reports/{name}.py" for name in ("__init__", "document", "github", "junit", "sarif")),
    *("reports/text.py", "reports/wording.py", "fix/values.py", "fix/difference.py"),
    *(
        "card_rules.py",
        "manifest.py",
        "release.py",
        "statistics.py",
        "publish/document.py",
        "publish/inside.py",
        "publish/plan.py",
        "publish/versions.py",
    ),
    *(f"columns/{path.name}" for path in sorted((PACKAGE / "columns").glob("*.py"))),
    *(f"diff/{path.name}" for path in sorted((PACKAGE / "diff").glob("*.py"))),
    *(f"check/rules/{path.name}" for path in sorted((PACKAGE / "check" / "rules").glob("*.py"))),
)
IMPURE_MODULES: Final = {
    *("os", "io", "pathlib", "shutil", "tempfile", "glob", "subprocess", "socket", "http"),
    *("time", "datetime", "random", "secrets", "uuid", "platform", "getpass", "logging", "sys"),
}
IMPURE_CALLS: Final = {"open", "print", "input", "exec", "eval"}
IMPURE_METHODS: Final = {
    *("open", "read_bytes", "read_text", "write_bytes", "write_text", "stat", "exists", "is_file", "is_dir"),
    *("iterdir", "glob", "rglob", "mkdir", "unlink", "rename", "resolve", "urlopen"),
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path, *, with_types: bool = True) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of every import, those inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = set()
    if not with_types:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
                hidden |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def target_room(name: str) -> str | None:
    parts = name.split(".")
    if parts[0] != "packager":
        return None
    inside = len(parts) > 1 and ((PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").is_file())
    return parts[1] if inside else "__init__"


def test_every_room_has_its_floor() -> None:
    rooms = {room_of(path) for path in modules()} - {"rehearsal"}
    assert rooms == set().union(*FLOORS)


def test_no_arrow_runs_up() -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    wrong = []
    for path in modules():
        here = room_of(path)
        for line, name in imports(path):
            there = target_room(name)
            if there is None or there == here or "rehearsal" in {here, there}:
                continue
            lazily = (
                here == "__init__"
            )  # the public door imports the rooms of its functions, which are above it
            if not lazily and floor[there] >= floor[here]:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


def test_the_rehearsal_hub_stands_apart() -> None:
    for path in modules():
        here = room_of(path)
        targets = {target_room(name) for _, name in imports(path)} - {None, here}
        if here == "rehearsal":
            assert targets <= {"errors", "markdown"}, path
        elif here != "cli":
            assert "rehearsal" not in targets, path


def test_a_third_party_library_is_imported_by_its_owner_alone() -> None:
    wrong = []
    for path in modules():
        for line, name in imports(path):
            library = name.split(".")[0]
            if library == "packager" or library in sys.stdlib_module_names:
                continue
            if room_of(path) not in OWNERS.get(library, set()):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", PURE)
def test_a_pure_room_touches_nothing(name: str) -> None:
    path = PACKAGE / name
    for line, imported in imports(path, with_types=False):
        assert imported.split(".")[0] not in IMPURE_MODULES, f"{name}:{line} imports {imported}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in IMPURE_CALLS, f"{name}:{node.lineno} calls {node.func.id}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owned = isinstance(node.func.value, ast.Name) and node.func.value.id == "self"
            assert owned or node.func.attr not in IMPURE_METHODS, f"{name}:{node.lineno}: {node.func.attr}"


def test_no_module_is_named_for_what_has_no_home() -> None:
    homeless = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert not [path for path in modules() if path.stem in homeless]


def test_no_module_imports_past_the_door_of_another_room() -> None:
    outside = [path for folder in ("scripts", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
    wrong = []
    for path in [*modules(), *outside]:
        here = room_of(path) if path.is_relative_to(PACKAGE) else ""
        for line, name in imports(path):
            parts = name.split(".")
            if parts[0] == "packager" and len(parts) > 3 and parts[1] != here:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_a_door_says_what_is_behind_it() -> None:
    for door in sorted(PACKAGE.glob("*/__init__.py")):
        tree = ast.parse(door.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), door
        assert any("__all__" in ast.unparse(node).partition("=")[0] for node in tree.body), door


@pytest.mark.parametrize("room", sorted({room_of(path) for path in modules()}))
def test_no_room_has_a_circle_inside(room: str) -> None:
    arrows: dict[str, set[str]] = {}
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in modules()}
    for name, path in names.items():
        if room_of(path) == room:
            found = {imported for _, imported in imports(path, with_types=False)}
            found |= {imported.rpartition(".")[0] for imported in found}
            arrows[name] = {each for each in found if each in names and each != name}
    while free := {name for name, targets in arrows.items() if not targets & arrows.keys()}:
        for name in free:
            del arrows[name]
    assert not arrows
