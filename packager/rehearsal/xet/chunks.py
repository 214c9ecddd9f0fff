"""Read the chunks of a xorb: each is a header of 8 bytes and its content, compressed or not.

What a client sends may lie about lengths, so nothing is unpacked beyond the largest chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from lz4.frame import LZ4FrameDecompressor

from packager.rehearsal.refusal import RefusalError, bad_request
from packager.rehearsal.xet.hashes import hash_chunk

LARGEST_CHUNK = 128 << 10
"""Bytes of content."""
LARGEST_XORB = 64 << 20
"""Bytes of content; the headers come on top. What clients append is not kept."""
_MOST_CHUNKS = 8192
_HEADER = 8
_FOOTER = b"XETBLOB"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where one chunk of a xorb is."""

    digest: bytes
    end: int
    """Where its packed bytes end in the xorb; they begin where those of the one before it end."""
    length: int
    """Of its content, in bytes."""


def scan_xorb(file: BinaryIO) -> Iterator[Chunk]:
    """Yield the chunks of a xorb, hashing each, up to the end or the client's footer; 400 if it is none."""
    end = count = total = 0
    while (header := file.read(_HEADER)) and not header.startswith(_FOOTER):
        if len(header) < _HEADER:
            raise _cut_short()
        version, scheme = header[0], header[4]
        packed, length = (int.from_bytes(header[at : at + 3], "little") for at in (1, 5))
        end += _HEADER + packed
        count += 1
        total += length
        if version or packed > 2 * LARGEST_CHUNK or length > LARGEST_CHUNK or not length:
            raise bad_request(f"Chunk {count} of the xorb has a header that no chunk has.")
        if total > LARGEST_XORB or count > _MOST_CHUNKS:
            raise bad_request(f"A xorb has at most {LARGEST_XORB} bytes and {_MOST_CHUNKS} chunks.")
        body = file.read(packed)
        if len(body) != packed:
            raise _cut_short()
        content = _unpack(body, scheme, length)
        yield Chunk(hash_chunk(content), end, length)


def read_chunks(file: BinaryIO, chunks: list[Chunk], first: int, last: int) -> Iterator[bytes]:
    """Yield the contents of the chunks from `first` up to, but not including, `last` of a stored xorb."""
    start = chunks[first - 1].end if first else 0
    file.seek(start)
    for chunk in chunks[first:last]:
        packed = file.read(chunk.end - start)
        start = chunk.end
        yield _unpack(packed[_HEADER:], packed[4], chunk.length)


def _cut_short() -> RefusalError:
    return bad_request("The xorb ends within a chunk.")


def _unpack(packed: bytes, scheme: int, length: int) -> bytes:
    match scheme:
        case 0:
            content = packed
        case 1:
            content = _decompress(packed)
        case 2:
            content = _ungroup(_decompress(packed))
        case _:
            raise bad_request(f"A chunk of the xorb is packed in an unknown way ({scheme}).")
    if len(content) != length:
        raise bad_request("A chunk of the xorb does not have the length that its header says.")
    return content


def _decompress(packed: bytes) -> bytes:
    frame = LZ4FrameDecompressor()
    try:
        content = bytes(frame.decompress(packed, LARGEST_CHUNK + 1))
    except RuntimeError:
        raise bad_request("A chunk of the xorb cannot be unpacked.") from None
    if not frame.eof and len(content) <= LARGEST_CHUNK:
        raise bad_request("A chunk of the xorb cannot be unpacked.")
    return content


def _ungroup(grouped: bytes) -> bytes:
    """Undo the grouping: first come the bytes at multiples of 4, then those after them, and so on."""
    content = bytearray(len(grouped))
    start = 0
    for place in range(4):
        end = start + len(range(place, len(grouped), 4))
        content[place::4] = grouped[start:end]
        start = end
    return bytes(content)
