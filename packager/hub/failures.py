"""Say what a client's exception means, and what to do next. No token reaches a message."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import huggingface_hub.utils
from huggingface_hub import errors

from packager.errors import DataError, EnvironmentFailure, PackagerError, UsageError
from packager.secrets import hide_secrets

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
        self.what = hide_secrets(what)
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
    refused = _find_refusal(error)
    if refused is not None:
        return _explain_answer(refused, "", error, doing, endpoint, token)
    text = _hide(str(error), error, token)
    failure: PackagerError
    match error:
        case errors.OfflineModeIsEnabled():
            failure = HubFailure(f"HF_HUB_OFFLINE is set while {doing}", "unset it to reach a Hub", status=0)
        case errors.HFValidationError():
            failure = UsageError(text)
        case errors.LocalTokenNotFoundError() | errors.OIDCError():
            failure = HubFailure(f"there is no token for {endpoint} ({text})", _ADVICE[401], status=401)
        case errors.HfHubHTTPError():
            said = error.server_message or ""
            failure = _explain_answer(error.response, said, error, doing, endpoint, token)
        case httpx.TransportError():
            what = f"no answer from {endpoint} while {doing} ({text or type(error).__name__})"
            failure = HubFailure(what, f"check the address and the network, then {_AGAIN}", passing=True)
        case ValueError() if CARD in text:
            failure = DataError(f"{endpoint} refuses the card: {text}")
        case (
            ValueError()
            | LookupError()
            | TypeError()
            | AttributeError()
            | httpx.HTTPError()
            | httpx.InvalidURL()
        ):
            what = f"{endpoint} gave an answer that makes no sense while {doing} ({text})"
            failure = HubFailure(what, "check that the endpoint is a Hub")
        case _:
            failure = HubFailure(f"{doing} failed ({text})", _AGAIN, status=0)
    return failure


def _find_refusal(error: Exception) -> Any:  # noqa: ANN401 - an answer
    """Return the answer that refused something in words that the client did not understand."""
    if isinstance(error, errors.HfHubHTTPError | errors.OIDCError):
        return None
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _utils.httpx.HTTPStatusError):
            return cause.response
        cause = cause.__context__
    return None


def _explain_answer(  # noqa: PLR0913, PLR0917 - an answer, what it says, and to what
    answer: Any,  # noqa: ANN401
    words: str,
    error: Exception,
    doing: str,
    endpoint: str,
    token: str | None,
) -> HubFailure:
    status = answer.status_code
    message = _hide(words, error, token)
    said = f" ({message[:_SERVER_TEXT]})" if message else ""
    passing = status in _PASSING
    return HubFailure(
        f"{endpoint} answered {status}{said} while {doing}",
        _AGAIN if passing else _ADVICE.get(status, "see what it says"),
        status=status,
        passing=passing,
        wait=_asked_wait(answer.headers),
    )


def _asked_wait(headers: Mapping[str, str]) -> float:
    """Return the seconds for which the Hub asks to be left alone; 0 if it does not."""
    limit = _utils.parse_ratelimit_headers(headers)
    if limit is not None and limit.remaining == 0:
        return float(limit.reset_in_seconds)
    after = headers.get("Retry-After", "").strip()
    if after.isdecimal() and after.isascii():
        return float(after)
    try:  # a date; by the clock of the Hub, if it says what that shows
        until = parsedate_to_datetime(after).timestamp()
        now = parsedate_to_datetime(headers["Date"]).timestamp() if "Date" in headers else time.time()
    except (ValueError, OverflowError):
        return 0
    return max(until - now, 0)


def _hide(text: str, error: Exception, token: str | None) -> str:
    """Return a server's words on one line, without the token that was sent, or what looks like one."""
    request = getattr(error, "_request", None) or getattr(getattr(error, "response", None), "_request", None)
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ") if request is not None else ""
    return hide_secrets(" ".join(text.split()).replace(sent or token or "\0", "***"))
