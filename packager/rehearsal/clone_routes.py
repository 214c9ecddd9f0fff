"""Let git clone and fetch what was published, over HTTP, reading only.

What git asks for is answered from the objects and refs that the Hub's own addresses show. Large files are
pointers here; `git lfs` fetches those from the addresses of lfs_routes.
"""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO, cast

from dulwich.errors import GitProtocolError
from dulwich.protocol import ReceivableProtocol
from dulwich.repo import Repo
from dulwich.server import BackendRepo, DictBackend, UploadPackHandler
from starlette.responses import Response, StreamingResponse

from packager.rehearsal.calls import Call, asking_for_token
from packager.rehearsal.large_files import PIECE_BYTES
from packager.rehearsal.refusal import RefusalError, bad_request

_LARGEST_QUESTION = 16 << 20
_NO_PUSH = "git push is not implemented by the rehearsal Hub: publish through its API."


def list_refs(call: Call) -> Response:
    """Answer which refs there are, and what this server can do."""
    service = call.request.query_params.get("service", "")
    if service == "git-receive-pack":
        raise RefusalError(501, _NO_PUSH)
    if service != "git-upload-pack":
        raise RefusalError(501, "git's dumb protocol is not implemented by the rehearsal Hub.")
    return _upload_pack(call, b"", advertise=True)


def send_pack(call: Call) -> Response:
    """Send the objects that the client wants and does not have."""
    question = call.body
    if call.request.headers.get("content-encoding") == "gzip":
        try:
            with gzip.open(BytesIO(question)) as file:
                question = file.read(_LARGEST_QUESTION + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise bad_request("The body is not what gzip writes.") from None
        if len(question) > _LARGEST_QUESTION:
            raise RefusalError(413, f"The body is larger than {_LARGEST_QUESTION} bytes.")
    return _upload_pack(call, question, advertise=False)


def refuse_pack(_call: Call) -> Response:
    """Refuse a push by name."""
    raise RefusalError(501, _NO_PUSH)


def _upload_pack(call: Call, question: bytes, *, advertise: bool) -> Response:
    with asking_for_token():
        found = call.repository(files=True)
    answer = tempfile.TemporaryFile(dir=call.hub.repositories.incoming)  # noqa: SIM115 - closed when sent
    with Repo(found.folder) as repo:
        wire = ReceivableProtocol(BytesIO(question).read, answer.write)
        backend = DictBackend({"/": cast("BackendRepo", repo)})
        handler = UploadPackHandler(backend, ["/"], wire, stateless_rpc=True, advertise_refs=advertise)
        try:
            handler.handle()
        except (GitProtocolError, ValueError, AssertionError) as error:  # the last for an empty line
            answer.close()
            raise bad_request(f"This is not what git asks: {error}") from None
    answer.seek(0)
    kind, start = ("advertisement", b"001e# service=git-upload-pack\n0000") if advertise else ("result", b"")
    return StreamingResponse(
        _pieces(start, answer),
        headers={"Cache-Control": "no-cache"},
        media_type=f"application/x-git-upload-pack-{kind}",
    )


def _pieces(start: bytes, rest: IO[bytes]) -> Iterator[bytes]:
    yield start
    with rest:
        while piece := rest.read(PIECE_BYTES):
            yield piece
