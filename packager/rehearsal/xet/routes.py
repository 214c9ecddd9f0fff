"""Answer what `hf_xet` asks: for tokens at the Hub's addresses, and for chunks at those of the store.

token -> chunks? -> POST xorbs -> POST shards -> commit            token -> GET reconstructions -> GET xorbs

The address of the store holds its name, since a client remembers for every address what it has sent there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response

from packager.rehearsal.calls import Call
from packager.rehearsal.large_files import poured
from packager.rehearsal.names import check_repository
from packager.rehearsal.refusal import RefusalError, repository_not_found
from packager.rehearsal.repositories import Repository
from packager.rehearsal.xet.chunks import LARGEST_XORB
from packager.rehearsal.xet.hashes import from_text, to_text
from packager.rehearsal.xet.shards import Term
from packager.rehearsal.xet.store import XetStore

_LIFETIME = 3600
"""Seconds for which a token, or the address of a xorb, is good."""
_LARGEST_SENT = LARGEST_XORB + (2 << 20)
"""Bytes: the headers, and what clients append, come on top."""
_LARGEST_SHARD = 256 << 20
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})", re.ASCII)


def give_token(call: Call) -> Response:
    """Give out a token with which `hf_xet` may read the files of a repository, or send some."""
    scope = call.request.path_params["scope"]
    repository = call.repository(write=scope == "write", files=True, contribute=call.flag("create_pr"))
    expires = str(int(time.time()) + _LIFETIME)
    identity = repository.identity
    token = call.hub.accounts.write_pass(
        {"kind": identity.kind, "repository": identity.repo_id, "scope": scope, "expires": expires}
    )
    url = f"{call.endpoint}/api/xet/{_store(call).name}"
    headers = {"X-Xet-Cas-Url": url, "X-Xet-Access-Token": token, "X-Xet-Token-Expiration": expires}
    return JSONResponse({"casUrl": url, "exp": int(expires), "accessToken": token}, headers=headers)


async def receive_xorb(call: Call) -> dict[str, Any]:
    """Take in a xorb."""
    await run_in_threadpool(_admit, call, write=True)
    digest = from_text(call.segment("digest"))
    async with poured(call.request.stream(), call.hub.repositories.incoming, most=_LARGEST_SENT) as received:
        is_new = await run_in_threadpool(_store(call).keep_xorb, digest, received)
    return {"was_inserted": is_new}


async def receive_shard(call: Call) -> dict[str, Any]:
    """Take in a shard: its files are the repository's from now on."""
    repository = await run_in_threadpool(_admit, call, write=True)
    async with poured(call.request.stream(), call.hub.repositories.incoming, most=_LARGEST_SHARD) as received:
        for recipe in await run_in_threadpool(_store(call).keep_shard, received):
            await run_in_threadpool(repository.large.add, recipe)
    return {"result": 1}


def describe_file(call: Call) -> dict[str, Any]:
    """Answer from which chunks of which xorbs a file is made, or the part of it that Range asks for."""
    repository = _admit(call, write=False)
    digest = call.segment("digest")
    from_text(digest)
    store = _store(call)
    recipe = store.recipe(digest)
    link = repository.large.link(recipe.sha256) if recipe else None
    if recipe is None or link is None:
        raise RefusalError(404, f"The file {digest} is not here.")
    start, end = 0, recipe.size
    if asked := _RANGE.fullmatch(call.request.headers.get("range", "")):
        start, end = int(asked[1]), min(recipe.size, int(asked[2]) + 1)
        if start >= end:
            raise RefusalError(416, f"The file has {recipe.size} bytes.")
    found = list(store.cut(recipe, start, end))
    terms = [term for term, _ in found]
    return {
        "offset_into_first_range": start - found[0][1] if found else 0,
        "terms": [
            {
                "hash": to_text(term.xorb),
                "unpacked_length": term.length,
                "range": {"start": term.first, "end": term.last},
            }
            for term in terms
        ],
        "fetch_info": {
            to_text(xorb): [_place(call, xorb, first, last) for first, last in spans]
            for xorb, spans in _spans(terms).items()
        },
    }


def describe_chunk(call: Call) -> Response:
    """Answer with a shard about the xorbs around a chunk, so that a client need not send it again."""
    _admit(call, write=True)
    digest = call.segment("digest")
    from_text(digest)
    shard = _store(call).find_chunk(digest, time.time())
    if shard is None:
        raise RefusalError(404, "No xorb holds this chunk.")
    return Response(shard, media_type="application/octet-stream")


def send_xorb(call: Call) -> Response:
    """Send the packed chunks of a xorb, or some of them, at an address given out by `describe_file`."""
    call.hub.accounts.check_signature(call.request.scope["path"], dict(call.request.query_params))
    path = _store(call).xorb_path(from_text(call.segment("digest")))
    if not path.exists():
        raise RefusalError(404, "This xorb is not here.")
    return FileResponse(path, media_type="application/octet-stream")


async def not_spoken(call: Call) -> None:
    """Refuse, unread, what this store does not speak: at a 404 (never 501) `hf_xet` asks for what it does."""
    asked = f"{call.request.method} {call.request.scope['path']}"
    raise RefusalError(404, f"{asked} is not implemented by the rehearsal Hub.")


def _store(call: Call) -> XetStore:
    return call.hub.repositories.xet


def _admit(call: Call, *, write: bool) -> Repository:
    """Return the repository that the caller's token is for; the address must name this very store."""
    fields = call.hub.accounts.read_pass(call.request.headers.get("authorization"))
    if call.segment("store") != _store(call).name:
        raise RefusalError(404, "This Hub keeps another store now.")
    if write and fields["scope"] != "write":
        raise RefusalError(403, "This token for Xet may only read.")
    namespace, _, name = fields["repository"].partition("/")
    found = call.hub.repositories.find(check_repository(fields["kind"], namespace, name))
    if found is None:
        raise repository_not_found(known=True)
    return found


def _spans(terms: Iterable[Term]) -> dict[bytes, list[tuple[int, int]]]:
    """Return for each xorb which chunks of it are needed: ranges that do not touch each other, in order."""
    spans: dict[bytes, list[tuple[int, int]]] = {}
    for term in sorted(terms, key=lambda term: (term.first, term.last)):
        known = spans.setdefault(term.xorb, [])
        if known and term.first <= known[-1][1]:
            known[-1] = (known[-1][0], max(known[-1][1], term.last))
        else:
            known.append((term.first, term.last))
    return spans


def _place(call: Call, xorb: bytes, first: int, last: int) -> dict[str, object]:
    chunks = _store(call).chunks_of(xorb)
    path = f"/api/xet/{_store(call).name}/xorbs/{to_text(xorb)}"
    expires = str(int(time.time()) + _LIFETIME)
    return {
        "range": {"start": first, "end": last},
        "url": call.sign(path, {"expires": expires}),
        "url_range": {"start": chunks[first - 1].end if first else 0, "end": chunks[last - 1].end - 1},
    }
