"""The command line: parse arguments, call one function, print, return an exit code.

Exit codes: 0 done; 1 the data has problems; 2 wrong usage or configuration; 3 the environment (network,
token, disk) failed. stdout carries results, stderr everything else.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.cli.arguments import make_parser, refuse_disguised
from packager.errors import EnvironmentFailure, PackagerError
from packager.work import rest_from_collecting

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["main"]

_FAILED: Final = EnvironmentFailure.exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` default to those of the process."""
    _prepare_output()
    rest_from_collecting()
    # numpy would start threads for matrices, of which there are none here; with threads no process can fork.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Arrow's own allocator holds on to a hundred megabytes more, and is no faster here.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        refuse_disguised(arguments)
        given = make_parser().parse_args(arguments)
        given.main = main  # for the one command that runs others
        _recover(given)
        module, _, function = given.run.partition(".")
        code: int = getattr(import_module(f"packager.cli.{module}"), function)(given)
        sys.stdout.flush()
    except PackagerError as error:
        return _complain(str(error), error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has gone, as `| head` does; what Python flushes at exit must go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}", _FAILED)
    except KeyboardInterrupt:
        return _complain("interrupted; nothing is half done", _FAILED)
    except Exception as error:  # noqa: BLE001 - a message and the right exit code, whatever it is
        return _complain(_describe_fault(error), _FAILED)
    return code


def _prepare_output() -> None:
    """Let every text be printed, whatever the encoding of the terminal, and also if nobody listens."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller has closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - for as long as we run
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _describe_fault(error: Exception) -> str:
    """Say where a fault of the tool itself is; no secret is in it."""
    from traceback import extract_tb

    from packager.secrets import hide_secrets

    place = next(
        (each for each in reversed(extract_tb(error.__traceback__)) if "packager" in each.filename), None
    )
    where = f" at {Path(place.filename).name}:{place.lineno}" if place else ""
    text = hide_secrets(" ".join(str(error).split()))[:300]
    kind = type(error).__name__
    return f"a fault of packager itself, not of your data: {kind}{where} ({text}); please report it"


def _complain(message: str, code: int) -> int:
    print(f"packager: {message}", file=sys.stderr)
    return code


def _recover(given: argparse.Namespace) -> None:
    """Finish or undo what a build left half done when it was killed, whatever the command."""
    from packager.cache import shared_cache
    from packager.config import find_project

    root = given.project or find_project(Path.cwd())
    # `folders` says what these are; most commands find neither, and need not load it.
    traces = shared_cache("unfinished")
    if root is not None and (root / ".packager").is_symlink():
        from packager.files import state_folder

        state_folder(root)  # says what is wrong with it
    if root is not None and traces is not None and any(traces.iterdir()):
        from packager.folders import recover_folders

        recover_folders(root)
    if given.build:
        from packager.folders import recover_folder

        recover_folder(given.build)
