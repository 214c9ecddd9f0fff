"""Check, then build the data set: the same as `packager build`."""

from __future__ import annotations

import sys

from environment import run_in_environment

if __name__ == "__main__":
    run_in_environment()
    from packager.cli import main

    sys.exit(main(["build", *sys.argv[1:]]))
