"""Publish the build as a version: the same as `packager publish`."""

from __future__ import annotations

import sys

from environment import run_in_environment

if __name__ == "__main__":
    run_in_environment()
    from packager.cli import main

    sys.exit(main(["publish", *sys.argv[1:]]))
