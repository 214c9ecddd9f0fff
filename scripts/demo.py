"""Show the whole job on a small corpus: the same as `packager demo`. Sets everything up by itself."""

from __future__ import annotations

import sys

from environment import run_in_environment

if __name__ == "__main__":
    run_in_environment()
    from packager.cli import main

    sys.exit(main(["demo", *sys.argv[1:]]))
