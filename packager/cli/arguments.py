"""The arguments of every command. Their names are a contract."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packager.cli import commands

if TYPE_CHECKING:
    from collections.abc import Callable

_REPORTS: Final = ("text", "json", "sarif", "github", "junit")  # the keys of packager.reports.FORMATS
_WIDTH: Final = 100  # of the help texts, which the README shows, whatever the terminal's width


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; what it returns has `run`, the function of the command."""
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
    parser.add_argument(
        "--quiet", action="store_true", help="no progress and no remarks; results and errors only"
    )
    parser.set_defaults(out=None, build=None)
    adder = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_init(adder)
    _add_check(adder)
    _add_rules(adder)
    _add_build(adder)
    _add_card(adder)
    _add_publish(adder)
    _add_diff(adder)
    _add_verify(adder)
    _add_hub(adder)
    _add_demo(adder)
    return parser


def _add_init(adder: _Adder) -> None:
    command = _add(
        adder,
        "init",
        commands.init,
        "make a dataset project",
        "Write a ready dataset project into DIR: dataset.toml, the schema, the card template, segments/, "
        ".gitignore, and settings with which VS Code checks segments. No file is ever overwritten.",
        ["packager init my-podcast"],
    )
    command.add_argument("dir", metavar="DIR", help="the folder; made if it is absent")


def _add_check(adder: _Adder) -> None:
    command = _add(
        adder,
        "check",
        commands.check,
        "check segment files",
        "Check segment files against strict JSON, the schema and the rules; report every problem in every "
        "file.",
        [
            "packager check",
            "packager check segments/ep1.jsonl --format json",
            "packager check --schema my.schema.json transcripts/",
            "packager check --fix",
            "packager check --baseline known.json --output sarif=check.sarif --output junit=check.xml",
        ],
    )
    command.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a file or a folder; default: the segment files of the project",
    )
    command.add_argument("--schema", metavar="FILE", help="a JSON Schema in place of the project's")
    command.add_argument("--strict", action="store_true", help="warnings fail the check too")
    command.add_argument(
        "--no-cache", action="store_true", help="read and judge all, whatever an earlier check has found"
    )
    command.add_argument(
        "--fix",
        action="store_true",
        help="first repair what is safe: byte order mark, white space, NFC, entities, zero-padding",
    )
    command.add_argument("--diff", action="store_true", help="show what --fix would do, and stop")
    command.add_argument("--baseline", metavar="FILE", help="problems that it knows are counted only")
    command.add_argument(
        "--write-baseline", metavar="FILE", help="write a baseline that knows what is wrong today"
    )
    _add_format(command, _REPORTS)
    command.add_argument(
        "--output",
        metavar="FORMAT=FILE",
        type=_output,
        action="append",
        default=[],
        help="also write a report into a file; may stand more than once",
    )
    _add_jobs(command)


def _add_rules(adder: _Adder) -> None:
    command = _add(
        adder,
        "rules",
        commands.rules,
        "show the rules of the check",
        "List the rules beyond strict JSON and the schema, for segments and for the dataset card, or show "
        "one: why, thresholds, a bad and a good example.",
        ["packager rules", "packager rules text/mojibake", "packager rules card --format json"],
    )
    command.add_argument("rule", metavar="ID", nargs="?", help="a rule or a family; default: all")
    _add_format(command, ("text", "json", "markdown"))


def _add_build(adder: _Adder) -> None:
    command = _add(
        adder,
        "build",
        commands.build,
        "check, then build the data set",
        "Check the segments and write Parquet splits, the dataset card (README.md) and manifest.json, whole "
        "or not at all. Errors stop it.",
        ["packager build", "packager build --drop-invalid --out /tmp/build"],
    )
    command.add_argument("--out", metavar="DIR", help="the folder to write; default: build/ in the project")
    command.add_argument(
        "--no-cache", action="store_true", help="read and write all, whatever an earlier build has found"
    )
    command.add_argument(
        "--drop-invalid", action="store_true", help="leave out what has errors; manifest and card name it"
    )
    command.add_argument("--strict", action="store_true", help="a warning about the card stops it too")
    _add_format(command)
    _add_jobs(command)


def _add_card(adder: _Adder) -> None:
    command = _add(
        adder,
        "card",
        commands.card,
        "show or lint the dataset card",
        "Print the dataset card of the latest build. With --merge, bring into its source what was edited on "
        "the Hub. With --check, judge its source offline: values that the "
        "Hub knows, prompts without an answer, empty sections, links. With --open, write it with its "
        "pictures and the first rows of each split as one page, print its path, and show it in a browser if "
        "there is a display.",
        ["packager card", "packager card --check --strict", "packager card --open"],
    )
    command.add_argument("--check", action="store_true", help="report what is wrong or missing in the source")
    command.add_argument("--open", action="store_true", help="write the page, and show it")
    command.add_argument(
        "--merge",
        action="store_true",
        help="bring into the source what was edited in README.md on the Hub since the latest release",
    )
    command.add_argument(
        "--endpoint", metavar="URL", help="the Hub of --merge; default: HF_ENDPOINT, or the public one"
    )
    command.add_argument(
        "--out", metavar="FILE", help="where --open writes; default: .packager/card.html in the project"
    )
    command.add_argument("--strict", action="store_true", help="warnings fail the check too")
    _add_format(command, _REPORTS)


def _add_publish(adder: _Adder) -> None:
    command = _add(
        adder,
        "publish",
        commands.publish,
        "publish the build as a version",
        "Show the plan, then make one commit, one tag on it, and one proof that the Hub holds every byte. "
        "The version is 1.0.0 first, then what the difference asks for; --version may ask for more.",
        ["packager publish --rehearse", "packager publish --dry-run", "packager publish --version 2.0.0"],
    )
    command.add_argument(
        "--build", metavar="DIR", help="the build to publish; default: build/ in the project"
    )
    command.add_argument("--version", metavar="X.Y.Z", help="the version to publish")
    command.add_argument(
        "--notes", metavar="TEXT|@FILE", help="your words on this version, for the card and CHANGELOG.md"
    )
    command.add_argument(
        "--adopt",
        action="store_true",
        help="take over a repository of others; the plan shows what of theirs goes",
    )
    command.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    command.add_argument("--strict", action="store_true", help="warnings stand in the way too")
    command.add_argument(
        "--pull-request", action="store_true", help="open the release as a pull request; set no tag"
    )
    command.add_argument("--private", action="store_true", help="nobody else may see the repository")
    command.add_argument(
        "--plan",
        metavar="FILE",
        help="do what this plan says, or nothing; --dry-run --format json prints it",
    )
    command.add_argument("--endpoint", metavar="URL", help="the Hub; default: HF_ENDPOINT, or the public one")
    command.add_argument(
        "--rehearse",
        action="store_true",
        help="publish to a Hub of its own on this machine, load the result back and compare every row",
    )
    _add_format(command)


def _add_diff(adder: _Adder) -> None:
    command = _add(
        adder,
        "diff",
        commands.diff,
        "say what differs between two builds or versions",
        "Say which recordings, columns and files differ between A and B, and which version that asks for by "
        "the policy of dataset.toml. Only manifests are read; with --details also the shards that hold "
        "recordings which changed. Each is a build folder, a version of the project, or NAME@REVISION.",
        [
            "packager diff v1.0.0 build",
            "packager diff my-name/my-podcast@v1.0.0 my-name/my-podcast@v1.1.0 --details",
        ],
    )
    command.add_argument("old", metavar="A", help="DIR, vX.Y.Z or NAME@REVISION")
    command.add_argument("new", metavar="B", help="likewise")
    command.add_argument("--details", action="store_true", help="list recordings, and segments that differ")
    command.add_argument("--endpoint", metavar="URL", help="the Hub; default: HF_ENDPOINT, or the public one")
    _add_format(command, ("text", "json", "markdown"))


def _add_verify(adder: _Adder) -> None:
    command = _add(
        adder,
        "verify",
        commands.verify,
        "compare a version with its manifest",
        "Read a version from the Hub, or a folder, and compare every file with the manifest: sizes, sha256, "
        "rows, splits, the card. Returns 1 with what differs, also if the tag was moved.",
        [
            "packager verify my-name/my-podcast@v1.2.0",
            "packager verify build",
            "packager verify my-name/my-podcast --loaded ~/.cache/huggingface/datasets",
        ],
    )
    command.add_argument("what", metavar="NAME@TAG|DIR", help="a version of a repository, or a folder")
    command.add_argument(
        "--loaded",
        metavar="DIR",
        help="say which version of the repository this folder holds: a snapshot, or a cache of datasets",
    )
    command.add_argument("--endpoint", metavar="URL", help="the Hub; default: HF_ENDPOINT, or the public one")
    _add_format(command)


def _add_hub(adder: _Adder) -> None:
    command = _add(
        adder,
        "hub",
        commands.hub,
        "serve a rehearsal Hub on this machine",
        "Serve a Hub on 127.0.0.1 until interrupted, and print the lines to export for the clients. Or, "
        "while it is not served: stats says how many new bytes each commit cost, gc removes what no commit "
        "needs.",
        [
            "packager hub serve --root /tmp/hub --port 8100",
            "packager hub stats --root /tmp/hub",
            "packager hub gc --root /tmp/hub",
        ],
    )
    command.add_argument(
        "action",
        nargs="?",
        choices=["serve", "stats", "gc"],
        default="serve",
        help="what to do (default: serve)",
    )
    command.add_argument("--root", metavar="DIR", required=True, help="where it keeps everything")
    command.add_argument("--port", metavar="N", type=_port, default=0, help="default: any that is free")


def _add_demo(adder: _Adder) -> None:
    command = _add(
        adder,
        "demo",
        commands.demo,
        "see the whole job on a small corpus",
        "Make a project, check, build, publish two versions to a rehearsal Hub and load both back.",
        ["packager demo", "packager demo /tmp/demo"],
    )
    command.add_argument(
        "dir",
        metavar="DIR",
        nargs="?",
        help="a new or empty folder; default: a temporary one, removed at the end",
    )


_Adder = Any  # argparse has no public name for what add_subparsers returns


def _add(  # noqa: PLR0913, PLR0917 - what a command is made of
    adder: _Adder,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    description: str,
    examples: list[str],
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = adder.add_parser(
        name,
        help=summary,
        description=description,
        epilog="examples:\n" + "\n".join(f"  {example}" for example in examples),
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
    command.add_argument(
        "--project",
        metavar="DIR",
        help="the dataset project; default: the nearest parent with a dataset.toml",
    )
    command.add_argument(
        "--quiet",
        action="store_true",
        default=argparse.SUPPRESS,
        help="no progress and no remarks; results and errors only",
    )
    return command


def _add_format(command: argparse.ArgumentParser, choices: tuple[str, ...] = ("text", "json")) -> None:
    command.add_argument(
        "--format", choices=choices, default="text", help="of the result on stdout; default: text"
    )


def _add_jobs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--jobs", metavar="N", type=_jobs, help="processes; default: one a processor")


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1024")
    return int(text)


def _output(text: str) -> tuple[str, Path]:
    form, _, path = text.partition("=")
    if form not in _REPORTS or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not FORMAT=FILE, FORMAT one of {', '.join(_REPORTS)}")
    return form, Path(path)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


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
