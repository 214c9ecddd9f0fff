"""Read the shards that clients send, and write those that they ask for. Pure but for the reading.

header 48 bytes | recipes of files, then a bookend | xorbs and their chunks, then a bookend | tables | footer

All entries are 48 bytes long. What a client says about xorbs is not read: the store knows its xorbs better.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from packager.rehearsal.refusal import bad_request
from packager.rehearsal.xet.chunks import Chunk

_TAG = b"HFRepoMetaData\x00" + bytes.fromhex("556967456a7b815783a5bdd95ccdd14aa9")
_VERSION, _FOOTER_VERSION = 2, 1
_FOOTER_SIZE = 200
_ENTRY = 48
_BOOKEND = b"\xff" * 32
_WITH_PROOFS, _WITH_SHA256 = 1 << 31, 1 << 30
_HEAD = struct.Struct("<32sII8x")
_TERM = struct.Struct("<32s4xIII")
_XORB = struct.Struct("<32sIIII")
_CHUNK = struct.Struct("<32sII8x")
_MOST_TERMS = 1 << 20


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a file: some chunks of one xorb."""

    xorb: bytes
    first: int
    last: int
    """Not included."""
    length: int
    """Of the contents, in bytes."""


@dataclass(frozen=True, slots=True)
class ClaimedFile:
    """What a client says about one file."""

    digest: bytes
    terms: tuple[Term, ...]
    proofs: tuple[bytes, ...]
    """For each term the hash of its chunks' hashes; empty if there are none."""
    sha256: bytes | None
    """As a Xet hash is written; None if the client does not say."""


def read_files(shard: BinaryIO) -> Iterator[ClaimedFile]:
    """Yield the files of a shard; 400 if these bytes are none."""
    header = shard.read(_ENTRY)
    if header[:32] != _TAG or int.from_bytes(header[32:40], "little") != _VERSION:
        raise bad_request("This is no shard, or one of an unknown version.")
    while True:
        digest, flags, count = _HEAD.unpack(_read(shard, 1))
        if digest == _BOOKEND:
            return
        if count > _MOST_TERMS:
            raise bad_request(f"A file has at most {_MOST_TERMS} terms.")
        terms = tuple(
            Term(xorb, first, last, length)
            for xorb, length, first, last in _TERM.iter_unpack(_read(shard, count))
        )
        proofs = _read(shard, count) if flags & _WITH_PROOFS else b""
        sha256 = _read(shard, 1)[:32] if flags & _WITH_SHA256 else None
        starts = range(0, len(proofs), _ENTRY)
        yield ClaimedFile(digest, terms, tuple(proofs[at : at + 32] for at in starts), sha256)


def write_shard(xorbs: Iterable[tuple[bytes, list[Chunk]]], created: int, expires: int) -> bytes:
    """Return a shard that tells a client which chunks are stored where. Times are seconds since 1970."""
    parts = [_TAG + struct.pack("<QQ", _VERSION, _FOOTER_SIZE), _BOOKEND.ljust(_ENTRY, b"\0")]
    for digest, chunks in xorbs:
        stored = chunks[-1].end if chunks else 0
        parts.append(_XORB.pack(digest, 0, len(chunks), sum(chunk.length for chunk in chunks), stored))
        start = 0
        for chunk in chunks:
            parts.append(_CHUNK.pack(chunk.digest, start, chunk.length))
            start += chunk.length
    parts.append(_BOOKEND.ljust(_ENTRY, b"\0"))
    body = b"".join(parts)
    # The tables are empty, so each begins where the body ends.
    end, first, second = len(body), _ENTRY, 2 * _ENTRY
    places = struct.pack("<9Q", _FOOTER_VERSION, first, second, end, 0, end, 0, end, 0)
    no_key = bytes(32)
    return body + places + no_key + struct.pack("<QQ48x24xQ", created, expires, end)


def _read(shard: BinaryIO, entries: int) -> bytes:
    content = shard.read(entries * _ENTRY)
    if len(content) != entries * _ENTRY:
        raise bad_request("The shard ends before its bookend.")
    return content
