"""Take in and give out large files as LFS does, to the Hub's clients and to `git lfs`.

batch, upload     where the bytes go -> PUT (whole, or in parts and then POST) -> verify
batch, download   where the bytes are -> GET, with Range

The addresses that a batch gives out are signed: neither kind of client sends its token there.
"""

from __future__ import annotations

import secrets
import time
from functools import partial

from starlette.responses import JSONResponse, Response

from packager.rehearsal.calls import Call, asking_for_token, object_list, size_field, text_field
from packager.rehearsal.file_routes import send_range
from packager.rehearsal.names import check_object
from packager.rehearsal.refusal import RefusalError, bad_request
from packager.rehearsal.repositories import Repository

PART_BYTES = 16 << 20
"""Larger files are sent in parts of this size."""
_LIFETIME = 3600
"""Seconds for which the address of a file is good."""
_LFS_JSON = "application/vnd.git-lfs+json"


def answer_batch(call: Call) -> Response:
    """Answer where the bytes of large files are to be sent, or where they are."""
    fields = call.fields()
    objects = [
        (check_object(text_field(item, "oid")), size_field(item, "size"))
        for item in object_list(fields, "objects")
    ]
    if text_field(fields, "hash_algo", "sha256") != "sha256":
        raise RefusalError(409, "Large files are named by their sha256 here.")
    transfer = "basic"
    match text_field(fields, "operation"):
        case "download":
            with asking_for_token():
                repository = call.repository(files=True)
            answers = [_answer_download(call, repository, oid, size) for oid, size in objects]
        case "upload":
            with asking_for_token():
                repository = call.repository(write=True, contribute=True)  # for a pull request, it may be
            transfers = fields.get("transfers")
            if isinstance(transfers, list) and "multipart" in transfers:
                transfer = "multipart"
            answers = [_answer_upload(call, repository, oid, size, transfer) for oid, size in objects]
        case operation:
            raise bad_request(f"LFS knows no operation {operation[:40]!r}.")
    return JSONResponse(
        {"transfer": transfer, "objects": answers, "hash_algo": "sha256"}, media_type=_LFS_JSON
    )


def _answer_download(call: Call, repository: Repository, oid: str, size: int) -> dict[str, object]:
    answer: dict[str, object] = {"oid": oid, "size": size}
    if repository.large.size(oid) != size:
        return answer | {"error": {"code": 404, "message": "The repository does not have this large file."}}
    expires = int(time.time()) + _LIFETIME
    href = _sign(call, repository, oid, {"expires": str(expires)})
    download = {"href": href, "expires_in": _LIFETIME}
    return answer | {"authenticated": True, "actions": {"download": download}}


def _answer_upload(
    call: Call, repository: Repository, oid: str, size: int, transfer: str
) -> dict[str, object]:
    answer: dict[str, object] = {"oid": oid, "size": size, "authenticated": True}
    if repository.large.size(oid) == size:
        return answer
    identity = repository.identity
    fields = {"size": str(size), "upload": secrets.token_hex(16)}
    header: dict[str, str] = {}
    if transfer == "multipart" and size > PART_BYTES:
        for part in range(1, -(-size // PART_BYTES) + 1):
            header[f"{part:05d}"] = _sign(call, repository, oid, fields | {"part": str(part)})
        header["chunk_size"] = str(PART_BYTES)
    upload = {"href": _sign(call, repository, oid, fields), "header": header}
    verify = {"href": f"{call.endpoint}/api/{identity.kind}/{identity.repo_id}/lfs-verify"}
    return answer | {"actions": {"upload": upload, "verify": verify}}


async def receive_object(call: Call) -> Response:
    """Take in a large file, or one part of it, at an address given out for that."""
    repository, oid, fields = _open_signed(call, "upload")
    size, chunks = int(fields["size"]), call.request.stream()
    if "part" in fields:
        start = (int(fields["part"]) - 1) * PART_BYTES
        await repository.large.receive_part(fields["upload"], start, min(PART_BYTES, size - start), chunks)
    else:
        await repository.large.receive(oid, size, chunks)
    return Response(headers={"ETag": f'"{fields["upload"]}-{fields.get("part", "0")}"'})


def complete_object(call: Call) -> Response:
    """Put a large file together whose parts have all arrived."""
    repository, oid, fields = _open_signed(call, "upload")
    repository.large.complete(fields["upload"], oid, int(fields["size"]))
    return JSONResponse({"success": True}, media_type=_LFS_JSON)


def verify_object(call: Call) -> None:
    """Answer whether a large file has arrived."""
    repository = call.repository(write=True, contribute=True)
    fields = call.fields()
    oid, size = check_object(text_field(fields, "oid")), size_field(fields, "size")
    if repository.large.size(oid) != size:
        raise RefusalError(404, f"The large file {oid} of {size} bytes has not arrived.")


def send_object(call: Call) -> Response:
    """Send a large file, or the part of it that Range asks for, at an address given out for that."""
    repository, oid, _ = _open_signed(call, "expires")
    size = repository.large.size(oid)
    if size is None:
        raise RefusalError(404, f"The large file {oid} is not here any more.")
    headers = {"ETag": f'"{oid}"', "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
    return send_range(call, size, headers, partial(repository.large.read, oid))


def _sign(call: Call, repository: Repository, oid: str, fields: dict[str, str]) -> str:
    place = f"/lfs/{repository.identity.kind}/{repository.identity.repo_id}/{oid}"
    return call.sign(place, fields)


def _open_signed(call: Call, purpose: str) -> tuple[Repository, str, dict[str, str]]:
    """Return what a signed address names; `purpose` is a field that only addresses for this use have."""
    fields = dict(call.request.query_params)
    call.hub.accounts.check_signature(call.request.scope["path"], fields)
    if purpose not in fields:
        raise RefusalError(403, "This address was given out for something else.")
    repository = call.hub.repositories.find(call.identity())
    if repository is None:
        raise RefusalError(404, "Repository not found", code="RepoNotFound")
    return repository, check_object(call.segment("oid")), fields
