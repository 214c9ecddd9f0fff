"""The client's own API, less what stops it at a Hub that does not speak every part of the protocol."""

from __future__ import annotations

import warnings
from typing import Any, Final

import huggingface_hub
import huggingface_hub.utils

_utils: Any = huggingface_hub.utils  # its names are found when they are used, unseen by a type checker

UNSPOKEN: Final = frozenset({404, 405, 501})
"""The answers of a server that does not know a part of the protocol."""
_REFUSED: Final = 400


class Api(huggingface_hub.HfApi):
    """Commits a card also where nobody can be asked about its metadata; the commit itself will tell."""

    def _validate_yaml(
        self, content: str, *, repo_type: str | None = None, token: bool | str | None = None
    ) -> None:
        answer = huggingface_hub.get_session().post(
            f"{self.endpoint}/api/validate-yaml",
            json={"content": content, "repoType": repo_type},
            headers=self._build_hf_headers(token=token),
        )
        if answer.status_code in UNSPOKEN:
            return
        if answer.status_code != _REFUSED:
            _utils.hf_raise_for_status(answer)
        found = answer.json()
        if remarks := _messages(found, "warnings"):
            warnings.warn(f"Warnings while validating metadata in README.md:\n{remarks}", stacklevel=2)
        if answer.status_code == _REFUSED:
            raise ValueError(f"Invalid metadata in README.md.\n{_messages(found, 'errors')}")


def _messages(found: Any, key: str) -> str:  # noqa: ANN401 - any JSON
    entries = found.get(key) if isinstance(found, dict) else None
    return "\n".join(f"- {entry.get('message')}" for entry in entries or () if isinstance(entry, dict))
