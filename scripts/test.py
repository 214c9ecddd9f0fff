"""Run every check of this project: format, lint, types, tests. Sets everything up by itself.

With arguments it runs the tests alone and gives them to pytest: `python3 scripts/test.py tests/card -x`.
"""

from __future__ import annotations

import subprocess
import sys

from environment import PYTHON, ROOT, run_in_environment

_CHECKS = (
    ("ruff", "format", "--check", "--quiet", "."),
    ("ruff", "check", "--quiet", "."),
    ("mypy",),
)


def main(arguments: list[str]) -> int:
    """Run all checks and say which failed; 0 if none did."""
    if arguments:
        return _run("pytest", *arguments)
    failed = [check[0] for check in _CHECKS if _run(*check)]
    if _run("pytest", "--quiet", "--numprocesses=2", "--dist=loadfile"):
        failed.append("pytest")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(*command: str) -> int:
    print(f"$ {' '.join(command)}", flush=True)
    return subprocess.run([str(PYTHON), "-m", *command], check=False, cwd=ROOT).returncode


if __name__ == "__main__":
    run_in_environment()
    sys.exit(main(sys.argv[1:]))
