"""Answer who may read a gated repository, and let its owner decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from packager.rehearsal.account import GUEST, NAME
from packager.rehearsal.calls import Call, text_field
from packager.rehearsal.pulls import timestamp
from packager.rehearsal.refusal import RefusalError, bad_request
from packager.rehearsal.repositories import Repository

_STATES = ("pending", "accepted", "rejected")


def list_requests(call: Call) -> list[Any]:
    """Answer the accounts whose request is in a state."""
    found = _gated(call)
    state = call.request.path_params["state"]
    return [
        {
            "requestId": f"{found.identity.page}/{name}",
            "user": {"user": name, "fullname": name, "email": None},
            "status": status,
            "timestamp": since,
        }
        for name, (status, since) in sorted(found.settings.access.items())
        if status == state
    ]


def ask_access(call: Call) -> None:
    """Ask for a gated repository: an automatic gate opens at once, a manual one waits for its owner."""
    found, name = _gated(call, write=False), call.require_account().name
    if name not in found.settings.access:
        _set(found, name, "accepted" if found.settings.gated == "auto" else "pending")


def grant_access(call: Call) -> None:
    """Let an account in that has not asked."""
    found = _gated(call)
    name = _account(text_field(call.fields(), "user"))
    if found.settings.admits(name):
        raise RefusalError(400, f"{name} has access already.")
    _set(found, name, "accepted")


def decide_access(call: Call) -> None:
    """Accept a request, reject it, or let it wait again."""
    found = _gated(call)
    fields = call.fields()
    name = _account(text_field(fields, "user", "") or text_field(fields, "requestId").rpartition("/")[2])
    status = text_field(fields, "status")
    standing = found.settings.access.get(name)
    if status not in _STATES or standing is None:
        raise RefusalError(
            404 if standing is None else 400, f"{name} has no request that can become {status}."
        )
    if standing[0] == status:
        raise RefusalError(400, f"The request of {name} is {status} already.")
    _set(found, name, status)


def _gated(call: Call, *, write: bool = True) -> Repository:
    found = call.repository(write=write)
    if not found.settings.gated:
        raise bad_request(f"{found.identity.repo_id} is not gated.")
    return found


def _account(name: str) -> str:
    if name not in {NAME, GUEST}:
        raise RefusalError(404, "There is no such account on the rehearsal Hub.")
    return name


def _set(found: Repository, name: str, status: str) -> None:
    access = found.settings.access | {name: (status, timestamp())}
    found.change(replace(found.settings, access=access))
