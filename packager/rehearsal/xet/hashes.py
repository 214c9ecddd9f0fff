"""Compute what Xet calls a chunk, a xorb, a file and a range of chunks. Pure.

A hash is 32 bytes. Written out it is four little-endian 64-bit numbers in hexadecimal, so the text is not the
bytes in order; `to_text` and `from_text` are the only way between the two.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence

from blake3 import blake3

from packager.rehearsal.refusal import bad_request

# The keys of the specification: they tell the hash of a chunk from that of a node above the chunks.
_CHUNK_KEY = bytes.fromhex("6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229")
_NODE_KEY = bytes.fromhex("017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f")
_RANGE_KEY = bytes.fromhex("7f1857d6ce56ed66127ff913e7a5c3f3a4cd26d5b5db49e64124987f28fb94c3")
_FILE_KEY = bytes(32)

_BRANCHES = 4
"""How many nodes a parent has on average."""
_MOST_BRANCHES = 2 * _BRANCHES + 1
_DEDUPLICATED = 1024
"""One chunk in so many can be asked for by its hash."""
_TEXT = re.compile("[0-9a-f]{64}")


def hash_chunk(content: bytes) -> bytes:
    """Return the hash of a chunk's content."""
    return blake3(content, key=_CHUNK_KEY).digest()


def hash_xorb(chunks: Sequence[tuple[bytes, int]]) -> bytes:
    """Return the hash of a xorb: the root over the hashes and lengths of its chunks."""
    nodes = list(chunks)
    if not nodes:
        return bytes(32)
    while len(nodes) > 1:
        parents = []
        start = 0
        while start < len(nodes):
            end = _next_cut(nodes, start)
            children = nodes[start:end]
            lines = "".join(f"{to_text(digest)} : {length}\n" for digest, length in children)
            digest = blake3(lines.encode(), key=_NODE_KEY).digest()
            parents.append((digest, sum(length for _, length in children)))
            start = end
        nodes = parents
    return nodes[0][0]


def hash_file(chunks: Sequence[tuple[bytes, int]]) -> bytes:
    """Return the hash of a file: that of a xorb of its chunks, hashed once more. No chunks: 32 zeros."""
    return blake3(hash_xorb(chunks), key=_FILE_KEY).digest() if chunks else bytes(32)


def hash_range(chunks: Iterable[bytes]) -> bytes:
    """Return the hash by which a client proves that it knows the chunks that a recipe names."""
    return blake3(b"".join(chunks), key=_RANGE_KEY).digest()


def is_deduplicated(chunk: bytes) -> bool:
    """Return whether clients ask for a chunk by this hash."""
    return _last_number(chunk) % _DEDUPLICATED == 0


def to_text(digest: bytes) -> str:
    """Return a hash as it is written in addresses and JSON."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", digest))


def from_text(text: str) -> bytes:
    """Return the hash that a text names, or refuse what is none (400)."""
    if not _TEXT.fullmatch(text):
        raise bad_request("Invalid hash: it is 64 lower-case hexadecimal digits.")
    return struct.pack("<4Q", *(int(text[at : at + 16], 16) for at in range(0, 64, 16)))


def _next_cut(nodes: list[tuple[bytes, int]], start: int) -> int:
    """Return where the group of nodes ends that begins at `start`: 2 to 9 of them, cut by their hashes."""
    end = min(start + _MOST_BRANCHES, len(nodes))
    for place in range(start + 2, end):
        if _last_number(nodes[place][0]) % _BRANCHES == 0:
            return place + 1
    return end


def _last_number(digest: bytes) -> int:
    return int.from_bytes(digest[24:], "little")
