"""Check segment files: the same as `packager check`."""

from __future__ import annotations

import sys

from environment import run_in_environment

if __name__ == "__main__":
    run_in_environment()
    from packager.cli import main

    sys.exit(main(["check", *sys.argv[1:]]))
