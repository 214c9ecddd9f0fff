"""The publishing toolchain for transcript datasets: check segments, build splits, publish versions.

    report = packager.check_segments("my-dataset")
    manifest = packager.build_dataset("my-dataset")
    hub = packager.connect_hub()
    texts = packager.load_texts("my-dataset/build")
    plan = packager.plan_release(manifest, hub.read_state("your-name/my-dataset"), texts=texts)
    receipt = packager.publish_release(plan, hub, "my-dataset/build")

Importing this package imports nothing heavy; each function does so when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from packager.assemble import build_dataset
    from packager.check import check_segments
    from packager.folders import load_build, load_texts
    from packager.hub import connect_hub
    from packager.publish import plan_release, publish_release

__all__ = [
    "build_dataset",
    "check_segments",
    "connect_hub",
    "load_build",
    "load_texts",
    "plan_release",
    "publish_release",
]

_ROOMS: Final = {
    "build_dataset": "packager.assemble",
    "check_segments": "packager.check",
    "connect_hub": "packager.hub",
    "load_build": "packager.folders",
    "load_texts": "packager.folders",
    "plan_release": "packager.publish",
    "publish_release": "packager.publish",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what Python asks of a module's __getattr__
    """Import the room of a public function when it is first asked for."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)
