"""The arguments of every command. Their names are a contract."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from packager.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_REPORTS: Final = ("text", "json", "sarif", "github", "junit")  # the keys of packager.reports.FORMATS
_WIDTH: Final = 100  # of the help texts, which the README shows, whatever the terminal's width


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; what it returns has `run`: a module of `packager.cli`, and its function."""
    parser = argparse.ArgumentParser(
        prog="packager",
        description="The publishing toolchain for transcript datasets: check segments, build splits, "
        "publish versions.",
        epilog="exit codes: 0 done; 1 the data has problems; 2 wrong usage or configuration; 3 the "
        "environment (network, token, disk) failed",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    parser.add_argument("--quiet", action="store_true", help=_QUIET)
    parser.set_defaults(out=None, build=None)
    adder = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in _COMMANDS.items():
        below = adder.add_parser(
            name,
            help=command.summary,
            description=command.description,
            epilog="examples:\n" + "\n".join(f"  {example}" for example in command.examples),
            formatter_class=_Formatter,
            allow_abbrev=False,
        )
        below.set_defaults(run=command.run)
        _PROJECT(below)
        below.add_argument("--quiet", action="store_true", default=argparse.SUPPRESS, help=_QUIET)
        for add in command.arguments:
            add(below)
    return parser


def refuse_disguised(arguments: Sequence[str]) -> None:
    """Refuse what would be taken for an option and is also the name of a file.

    A repository may hold a file called `--schema=x.json`, and a hook passes the names of changed files.

    Raises:
        UsageError: an argument is such a name.
    """
    for argument in arguments:
        if argument == "--":
            break
        if argument.startswith("-") and argument != "-" and os.path.lexists(argument):
            raise UsageError(
                f"{argument!r} is an option and the name of a file: write `--` before file names (packager "
                "check -- FILE ...), or ./ before this one; to give the option, rename the file"
            )


def _value(name: str, metavar: str, about: str, **more: Any) -> _Argument:  # noqa: ANN401 - argparse's own
    return lambda command: command.add_argument(name, metavar=metavar, help=about, **more)


def _path(name: str, metavar: str, about: str, **more: Any) -> _Argument:  # noqa: ANN401 - likewise
    return _value(name, metavar, about, type=lambda text: Path(text) if text else None, **more)


def _flag(name: str, about: str) -> _Argument:
    return lambda command: command.add_argument(name, action="store_true", help=about)


def _format(*choices: str) -> _Argument:
    about = "of the result on stdout; default: text"
    return lambda command: command.add_argument("--format", choices=choices, default="text", help=about)


def _number(text: str, least: int, most: int, what: str) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a {what} from {least} to {most}")
    return int(text)


def _output(text: str) -> tuple[str, Path]:
    form, _, path = text.partition("=")
    if form not in _REPORTS or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not FORMAT=FILE, FORMAT one of {', '.join(_REPORTS)}")
    return form, Path(path)


class _Formatter(argparse.HelpFormatter):
    """Fills the description, keeps the examples as they are, and has one width everywhere."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH, max_help_position=28)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("examples:") else super()._fill_text(text, width, indent)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, help: str) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # 15 ms that only this needs

        print(f"packager {version('segment-packager')}")
        parser.exit()


class _Command(NamedTuple):
    run: str
    summary: str
    description: str
    examples: tuple[str, ...]
    arguments: tuple[_Argument, ...]


if TYPE_CHECKING:
    _Argument = Callable[[argparse.ArgumentParser], object]

_QUIET: Final = "no progress and no remarks; results and errors only"
_PROJECT: Final = _path(
    "--project", "DIR", "the dataset project; default: the nearest parent with a dataset.toml"
)
_ENDPOINT: Final = _value("--endpoint", "URL", "the Hub; default: HF_ENDPOINT, or the public one")
_ALLOW: Final = _value(
    "--allow",
    "DIR",
    "links and paths of the project may lead there too; may stand more than once",
    action="append",
    default=[],
)
_JOBS: Final = _value(
    "--jobs",
    "N",
    "processes; default: one a processor",
    type=partial(_number, least=1, most=1024, what="number"),
)

_COMMANDS: Final = {
    "init": _Command(
        "commands.init",
        "make a dataset project",
        "Write a ready dataset project into DIR: dataset.toml, the schema, the card template, segments/, "
        ".gitignore, and settings with which VS Code checks segments. No file is ever overwritten.",
        ("packager init my-podcast",),
        (_value("dir", "DIR", "the folder; made if it is absent", type=Path),),
    ),
    "check": _Command(
        "check.run_check",
        "check segment files",
        "Check segment files against strict JSON, the schema and the rules; report every problem in every "
        "file.",
        (
            "packager check",
            "packager check segments/ep1.jsonl --format json",
            "packager check --schema my.schema.json transcripts/",
            "packager check --fix",
            "packager check --baseline known.json --output sarif=check.sarif --output junit=check.xml",
        ),
        (
            _value(
                "paths", "PATH", "a file or a folder; default: the segment files of the project", nargs="*"
            ),
            _path("--schema", "FILE", "a JSON Schema in place of the project's"),
            _flag("--strict", "warnings fail the check too"),
            _flag("--no-cache", "read and judge all, whatever an earlier check has found"),
            _flag(
                "--fix",
                "first repair what is safe: byte order mark, white space, NFC, entities, zero-padding",
            ),
            _flag("--diff", "show what --fix would do, and stop"),
            _value("--baseline", "FILE", "problems that it knows are counted only"),
            _value("--write-baseline", "FILE", "write a baseline that knows what is wrong today"),
            _format(*_REPORTS),
            _value(
                "--output",
                "FORMAT=FILE",
                "also write a report into a file; may stand more than once",
                type=_output,
                action="append",
                default=[],
            ),
            _ALLOW,
            _JOBS,
        ),
    ),
    "rules": _Command(
        "commands.rules",
        "show the rules of the check",
        "List the rules beyond strict JSON and the schema, for segments and for the dataset card, or show "
        "one: why, thresholds, a bad and a good example.",
        ("packager rules", "packager rules text/mojibake", "packager rules card --format json"),
        (
            _value("rule", "ID", "a rule or a family; default: all", nargs="?"),
            _format("text", "json", "markdown"),
        ),
    ),
    "build": _Command(
        "commands.build",
        "check, then build the data set",
        "Check the segments and write Parquet splits, the dataset card (README.md) and manifest.json, whole "
        "or not at all. Errors stop it.",
        ("packager build", "packager build --drop-invalid --out /tmp/build"),
        (
            _path("--out", "DIR", "the folder to write; default: build/ in the project"),
            _flag("--no-cache", "read and write all, whatever an earlier build has found"),
            _flag("--drop-invalid", "leave out what has errors; manifest and card name it"),
            _flag("--strict", "a warning about the card stops it too"),
            _format("text", "json"),
            _ALLOW,
            _JOBS,
        ),
    ),
    "card": _Command(
        "card.run_card",
        "show or lint the dataset card",
        "Print the dataset card of the latest build. With --merge, bring into its source what was edited on "
        "the Hub. With --check, judge its source offline: values that the "
        "Hub knows, prompts without an answer, empty sections, links. With --open, write it with its "
        "pictures and the first rows of each split as one page, print its path, and show it in a browser if "
        "there is a display.",
        ("packager card", "packager card --check --strict", "packager card --open"),
        (
            _flag("--check", "report what is wrong or missing in the source"),
            _flag("--open", "write the page, and show it"),
            _flag(
                "--merge",
                "bring into the source what was edited in README.md on the Hub since the latest release",
            ),
            _value("--endpoint", "URL", "the Hub of --merge; default: HF_ENDPOINT, or the public one"),
            _path("--out", "FILE", "where --open writes; default: .packager/card.html in the project"),
            _flag("--strict", "warnings fail the check too"),
            _ALLOW,
            _format(*_REPORTS),
        ),
    ),
    "publish": _Command(
        "rehearse.run_publish",
        "publish the build as a version",
        "Show the plan, then make one commit, one tag on it, and one proof that the Hub holds every byte. "
        "The version is 1.0.0 first, then what the difference asks for; --version may ask for more.",
        ("packager publish --rehearse", "packager publish --dry-run", "packager publish --version 2.0.0"),
        (
            _path("--build", "DIR", "the build to publish; default: build/ in the project"),
            _value("--version", "X.Y.Z", "the version to publish"),
            _value("--notes", "TEXT|@FILE", "your words on this version, for the card and CHANGELOG.md"),
            _flag("--adopt", "take over a repository of others; the plan shows what of theirs goes"),
            _flag("--dry-run", "show the plan and stop"),
            _flag("--strict", "warnings stand in the way too"),
            _flag("--pull-request", "open the release as a pull request; set no tag"),
            _flag("--private", "nobody else may see the repository"),
            _value(
                "--plan",
                "FILE",
                "do what this plan says, or nothing; --dry-run --format json prints it",
            ),
            _ENDPOINT,
            _flag(
                "--rehearse",
                "publish to a Hub of its own on this machine, load the result back and compare every row",
            ),
            _ALLOW,
            _format("text", "json"),
        ),
    ),
    "diff": _Command(
        "diff.run_diff",
        "say what differs between two builds or versions",
        "Say which recordings, columns and files differ between A and B, and which version that asks for by "
        "the policy of dataset.toml. Only manifests are read; with --details also the shards that hold "
        "recordings which changed. Each is a build folder, a version of the project, or NAME@REVISION.",
        (
            "packager diff v1.0.0 build",
            "packager diff my-name/my-podcast@v1.0.0 my-name/my-podcast@v1.1.0 --details",
        ),
        (
            _value("old", "A", "DIR, vX.Y.Z or NAME@REVISION"),
            _value("new", "B", "likewise"),
            _flag("--details", "list recordings, and segments that differ"),
            _ALLOW,
            _ENDPOINT,
            _format("text", "json", "markdown"),
        ),
    ),
    "verify": _Command(
        "verify.run_verify",
        "compare a version with its manifest",
        "Read a version from the Hub, or a folder, and compare every file with the manifest: sizes, sha256, "
        "rows, splits, the card. Returns 1 with what differs, also if the tag was moved.",
        (
            "packager verify my-name/my-podcast@v1.2.0",
            "packager verify build",
            "packager verify my-name/my-podcast --loaded ~/.cache/huggingface/datasets",
        ),
        (
            _value("what", "NAME@TAG|DIR", "a version of a repository, or a folder"),
            _path(
                "--loaded",
                "DIR",
                "say which version of the repository this folder holds: a snapshot, or a cache of datasets",
            ),
            _ENDPOINT,
            _format("text", "json"),
        ),
    ),
    "hub": _Command(
        "commands.hub",
        "serve a rehearsal Hub on this machine",
        "Serve a Hub on 127.0.0.1 until interrupted, and print the lines to export for the clients. Or, "
        "while it is not served: stats says how many new bytes each commit cost, gc removes what no commit "
        "needs.",
        (
            "packager hub serve --root /tmp/hub --port 8100",
            "packager hub stats --root /tmp/hub",
            "packager hub gc --root /tmp/hub",
        ),
        (
            lambda command: command.add_argument(
                "action",
                nargs="?",
                choices=["serve", "stats", "gc"],
                default="serve",
                help="what to do (default: serve)",
            ),
            _value("--root", "DIR", "where it keeps everything", required=True),
            _value(
                "--port",
                "N",
                "default: any that is free",
                type=partial(_number, least=0, most=65535, what="port"),
                default=0,
            ),
        ),
    ),
    "demo": _Command(
        "demo.run_demo",
        "see the whole job on a small corpus",
        "Make a project, check, build, publish two versions to a rehearsal Hub and load both back.",
        ("packager demo", "packager demo /tmp/demo"),
        (
            _path(
                "dir", "DIR", "a new or empty folder; default: a temporary one, removed at the end", nargs="?"
            ),
        ),
    ),
}
