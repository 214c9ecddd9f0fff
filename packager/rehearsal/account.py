"""Know who calls by their token, and give out addresses and tokens that prove themselves.

Tokens are compared in constant time and never leave this module. Addresses for uploads carry a signature
instead, since the clients send no token there; so do the passes with which `hf_xet` comes back.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from packager.rehearsal.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = "rehearsal"
GUEST = "guest"


class Role(StrEnum):
    """What a token opens."""

    WRITE = "write"
    """Everything, in every namespace."""
    READ = "read"
    """The same account, but nothing can be changed."""
    NONE = "none"
    """Another account, `guest`: it owns the namespace `guest`, and elsewhere sees what strangers see. A gated
    repository can let it in."""


@dataclass(frozen=True, slots=True)
class Token:
    """One more token that a rehearsal Hub knows."""

    secret: str = field(repr=False)
    role: Role = Role.READ
    expires: float | None = None
    """Seconds since 1970; None: never."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request."""

    name: str
    role: Role

    def owns(self, namespace: str) -> bool:
        """Return whether the repositories under a namespace are this account's."""
        return (namespace == GUEST) is (self.name == GUEST)


class Accounts:
    """The account `rehearsal`, which owns every namespace but one, and `guest`, which owns that one."""

    def __init__(self, token: str, others: Sequence[Token] = ()) -> None:
        self._key = token.encode()
        self._tokens = (Token(token, Role.WRITE), *others)

    def caller(self, authorization: str | None) -> Caller | None:
        """Return who an `Authorization` header stands for; None if there is no header.

        Raises:
            RefusalError: the header holds an unknown token, or one that has expired (401).
        """
        if authorization is None:
            return None
        presented = _presented(authorization)
        for token in self._tokens:
            if hmac.compare_digest(presented, token.secret.encode()):
                if token.expires is not None and token.expires <= time.time():
                    raise RefusalError(401, "User Access Token is expired")
                return Caller(GUEST if token.role is Role.NONE else NAME, token.role)
        # The clients tell a bad token from a hidden repository by exactly these words.
        raise RefusalError(401, "Invalid credentials in Authorization header")

    def sign(self, path: str, fields: Mapping[str, str]) -> str:
        """Return the signature of an address."""
        text = "\n".join([path, *(f"{name}={fields[name]}" for name in sorted(fields))])
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def check_signature(self, path: str, fields: Mapping[str, str]) -> None:
        """Refuse an address (403) whose field `signature` is not made by `sign`, or that has expired."""
        if not self._is_signed(path, fields):
            raise RefusalError(403, "This address was not given out by this Hub, or was changed.")
        if "expires" in fields and int(fields["expires"]) <= time.time():
            raise RefusalError(403, "This address has expired.")

    def write_pass(self, fields: Mapping[str, str]) -> str:
        """Return a token for `hf_xet` that says these fields; `expires` is in seconds since 1970."""
        return "xet_" + urlencode({**fields, "signature": self.sign("xet", fields)})

    def read_pass(self, authorization: str | None) -> dict[str, str]:
        """Return what a token made by `write_pass` says; refuse any other, and one that has expired (401)."""
        presented = _presented(authorization or "").decode("ascii", "replace")
        fields = dict(parse_qsl(presented.removeprefix("xet_")))
        if not self._is_signed("xet", fields):
            raise RefusalError(401, "This is no token of this Hub for Xet.")
        if int(fields["expires"]) <= time.time():
            raise RefusalError(401, "The token for Xet has expired.")
        return fields

    def _is_signed(self, path: str, fields: Mapping[str, str]) -> bool:
        signed = {name: value for name, value in fields.items() if name != "signature"}
        given = fields.get("signature", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self.sign(path, signed).encode())


def _presented(authorization: str) -> bytes:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("utf-8", "replace")
    if scheme.lower() == "basic":  # browsers and git: any user, the token as the password
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return b""
