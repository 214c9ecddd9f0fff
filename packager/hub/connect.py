"""Find a Hub by its address, and tell whether that is this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import huggingface_hub
from huggingface_hub import constants

from packager.errors import UsageError
from packager.hub.api import is_loopback
from packager.hub.client import TIMEOUT, WAITS, Hub


def connect_hub(
    endpoint: str | None = None,
    token: str | None = None,
    *,
    say: Callable[[str], None] = lambda _: None,
    waits: Sequence[float] = WAITS,
    timeout: float = TIMEOUT,
) -> Hub:
    """Return the Hub at an endpoint. Nothing is sent yet.

    Args:
        endpoint: None: huggingface_hub's own rules (`HF_ENDPOINT`, else https://huggingface.co).
        token: None: huggingface_hub's own rules (`HF_TOKEN`, the stored login, trusted publishing in CI).
        say: told what is waited for, a sentence at a time.
        waits: seconds before each further try of a request that may succeed later.
        timeout: seconds without a byte after which an answer counts as lost.

    Raises:
        UsageError: the endpoint is not an http(s) address, or the token cannot be one.
    """
    address = (endpoint or constants.ENDPOINT).strip().rstrip("/")
    try:
        parts = urlsplit(address)
        wrong = (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or bool(parts.query or parts.fragment)
            or parts.port == 0
            or re.search(r"[\s\x00-\x1f\x7f]", address) is not None
        )
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        wrong, secret = True, False
    if secret:
        raise UsageError("the endpoint holds a user name or password: give the token in HF_TOKEN instead")
    if wrong:
        raise UsageError(f"{address!r} is not an endpoint: give an address such as https://huggingface.co")
    used = huggingface_hub.get_token() if token is None else token
    if used is not None and re.fullmatch(r"[!-~]*", used) is None:  # no request can carry it; it is not shown
        raise UsageError(
            "the token has a space or another character that no token has: copy it again, whole and alone"
        )
    # It costs a request, and tells what is none of the Hub's business.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    if is_loopback(address):
        _reach_directly(str(parts.hostname))
    return Hub(address, token, say=say, waits=waits, timeout=timeout)


def _reach_directly(host: str) -> None:
    """Keep a proxy out of the way to this machine itself, also for processes started from this one."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [part for part in os.environ.get(name, "").split(",") if part]
        if host not in hosts:
            os.environ[name] = ",".join([*hosts, host])
            huggingface_hub.close_session()  # the client has read the old value
