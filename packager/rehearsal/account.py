"""Know the one account of a rehearsal Hub by its token.

The token is compared in constant time and never leaves this object. Addresses for uploads carry a
signature instead, since the clients send no token there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

from packager.rehearsal.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "rehearsal"


class Account:
    """The account `rehearsal`, which may write under any namespace."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def is_known(self, authorization: str | None) -> bool:
        """Return whether an `Authorization` header is this account's; False if there is none.

        Raises:
            RefusalError: the header holds another token (401).
        """
        if authorization is None:
            return False
        if not hmac.compare_digest(_presented(authorization), self._token):
            # The clients tell a bad token from a hidden repository by exactly these words.
            raise RefusalError(401, "Invalid credentials in Authorization header")
        return True

    def sign(self, path: str, fields: Mapping[str, str]) -> str:
        """Return the signature of an address."""
        text = "\n".join([path, *(f"{name}={fields[name]}" for name in sorted(fields))])
        return hmac.new(self._token, text.encode(), hashlib.sha256).hexdigest()

    def check_signature(self, path: str, fields: Mapping[str, str]) -> None:
        """Refuse an address (403) whose field `signature` was not made by `sign` over the others."""
        signed = {name: value for name, value in fields.items() if name != "signature"}
        given = fields.get("signature", "").encode()
        if not hmac.compare_digest(given, self.sign(path, signed).encode()):
            raise RefusalError(403, "This address was not given out by this Hub, or was changed.")


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
