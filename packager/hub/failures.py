"""Say what a client's exception means, and what to do next. No token reaches a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import huggingface_hub.utils
from huggingface_hub import errors

from packager.errors import DataError, EnvironmentFailure, PackagerError, UsageError
from packager.secrets import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

_utils: Any = huggingface_hub.utils  # its names are found when they are used, unseen by a type checker

CARD: Final = "README.md"

_PASSING: Final = {408, 425, 429, 500, 502, 503, 504}
_RIVALRY: Final = {409, 412}  # it exists already; the head is another one
_ADVICE: Final = {
    400: "this is a request that the Hub does not take; see what it says",
    401: "log in with `hf auth login`, or set HF_TOKEN to a valid token",
    403: "use a token that may write there",
    404: "check the name, and that the token may see it",
    409: "something of this name exists already, or is being made right now; publish again",
    412: "somebody else published meanwhile; publish again",
}
_AGAIN: Final = "publish again later; what is begun is finished then"
_SERVER_TEXT: Final = 300  # characters of a server's message that are shown


class HubFailure(EnvironmentFailure):
    """The Hub did not do what it was asked (exit code 3)."""

    def __init__(
        self, what: str, advice: str, *, status: int | None = None, passing: bool = False, wait: float = 0
    ) -> None:
        super().__init__(f"{what}: {advice}")
        self.what = what
        self.status = status
        """The HTTP status; None if there was no answer or none that makes sense, 0 if nothing was asked."""
        self.passing = passing
        """True if the same request may be answered a little later."""
        self.wait = wait
        """Seconds that the Hub asks to be left alone."""

    @property
    def unsure(self) -> bool:
        """True if a write that failed like this may stand nonetheless: ours, or somebody else's."""
        return self.passing or self.status is None or self.status in _RIVALRY


def explain(error: Exception, doing: str, endpoint: str, token: str | None) -> PackagerError:
    """Return what a client's exception means: what happened, to what, and what to do next."""
    httpx = _utils.httpx
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):
        return explain(error.__cause__, doing, endpoint, token)  # an uploading thread wraps what it met
    text = _without_token(error, token)
    failure: PackagerError
    match error:
        case errors.OfflineModeIsEnabled():
            failure = HubFailure(f"HF_HUB_OFFLINE is set while {doing}", "unset it to reach a Hub", status=0)
        case errors.HFValidationError():
            failure = UsageError(text)
        case errors.LocalTokenNotFoundError() | errors.OIDCError():
            failure = HubFailure(f"there is no token for {endpoint} ({text})", _ADVICE[401], status=401)
        case errors.HfHubHTTPError():
            failure = _explain_answer(error, doing, endpoint, token)
        case httpx.TransportError():
            what = f"no answer from {endpoint} while {doing} ({text or type(error).__name__})"
            failure = HubFailure(what, f"check the address and the network, then {_AGAIN}", passing=True)
        case ValueError() if CARD in text:
            failure = DataError(f"{endpoint} refuses the card: {text}")
        case ValueError() | KeyError() | TypeError() | httpx.HTTPError() | httpx.InvalidURL():
            what = f"{endpoint} gave an answer that makes no sense while {doing} ({text})"
            failure = HubFailure(what, "check that the endpoint is a Hub")
        case _:
            failure = HubFailure(f"{doing} failed ({text})", _AGAIN, status=0)
    return failure


def _explain_answer(error: errors.HfHubHTTPError, doing: str, endpoint: str, token: str | None) -> HubFailure:
    status = error.response.status_code
    message = _hide(" ".join((error.server_message or "").split()), error, token)
    said = f" ({message[:_SERVER_TEXT]})" if message else ""
    passing = status in _PASSING
    return HubFailure(
        f"{endpoint} answered {status}{said} while {doing}",
        _AGAIN if passing else _ADVICE.get(status, "see what it says"),
        status=status,
        passing=passing,
        wait=_asked_wait(error.response.headers),
    )


def _asked_wait(headers: Mapping[str, str]) -> float:
    """Return the seconds for which the Hub asks to be left alone; 0 if it does not."""
    limit = _utils.parse_ratelimit_headers(headers)
    if limit is not None and limit.remaining == 0:
        return float(limit.reset_in_seconds)
    after = headers.get("Retry-After", "")
    return float(after) if after.isdecimal() and after.isascii() else 0


def _without_token(error: Exception, token: str | None) -> str:
    return _hide(" ".join(str(error).split()), error, token)


def _hide(text: str, error: Exception, token: str | None) -> str:
    """Return a server's words without the token, and without anything that looks like one."""
    return hide_secrets(text.replace(_sent_token(error, token), "***"))


def _sent_token(error: Exception, token: str | None) -> str:
    """Return the token that a failed request carried, or a text that occurs nowhere."""
    request = getattr(error, "_request", None) or getattr(getattr(error, "response", None), "_request", None)
    sent = request.headers.get("Authorization", "") if request is not None else ""
    return sent.removeprefix("Bearer ") or token or "\0"
