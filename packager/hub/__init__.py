"""Talk to a Hub. This room owns huggingface_hub.

A call answers or raises a `PackagerError` that says what to do; no token reaches a message.

    connect.py   find a Hub            client.py    read, send, commit, tag
    failures.py  what went wrong       streams.py   where bytes go
    api.py       the client's API at a Hub that says less    uploads.py   files to send
"""

from packager.hub.api import is_loopback
from packager.hub.client import Hub
from packager.hub.connect import connect_hub
from packager.hub.failures import HubFailure
from packager.hub.uploads import Upload

__all__ = ["Hub", "HubFailure", "Upload", "connect_hub", "is_loopback"]
