"""Place recordings: recording -> split -> shard, by a hash of the recording's name or of its group. Pure.

The hash is a public contract (docs/contract.md): versions live for ever, so what is pinned in the tests never
changes. Adding or removing one recording never moves another one to a different split.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.model import SplitRatio

SHARD_BYTES: Final = 64 << 20
"""The mean of a split's shards is at most this, in bytes of the RFC 8785 forms of its segments; from two
shards on it is never below half of it. In Parquet that is about 10 to 25 MB."""
MOST_SHARDS: Final = 4096
"""The Hub advises at most 10,000 files a folder."""

_RANGE: Final = 2**64


class Placement(NamedTuple):
    """Where a recording goes."""

    split: str
    bucket: int
    """The last 8 bytes of the hash; its remainder by the number of shards is the shard."""


def place_recording(
    name: str,
    splits: Sequence[SplitRatio],
    salt: str = "",
    *,
    group: bytes | None = None,
    pinned: str | None = None,
) -> Placement:
    """Return where the recording of this name goes, whatever else there is.

    Args:
        name: its hash gives the shard and, unless there is more to go by, the split.
        splits: in the order of the configuration; they sum to exactly 1.
        salt: the key of the hash.
        group: what is hashed for the split in place of the name (see `name_group`).
        pinned: the split, if it was decided by hand.
    """
    from hashlib import blake2b  # noqa: PLC0415 - a check of few files deals none, and OpenSSL loads slowly

    def hash_of(data: bytes) -> bytes:
        return blake2b(data, digest_size=16, key=salt.encode()).digest()

    digest = hash_of(name.encode())
    bucket = int.from_bytes(digest[8:], "big")
    if pinned is not None:
        return Placement(pinned, bucket)
    # A group shares a split and not a shard: one of many recordings would outgrow every shard.
    position = int.from_bytes((digest if group is None else hash_of(group))[:8], "big")
    cumulative = Fraction(0)
    for split in splits:
        cumulative += Fraction(split.ratio)
        if cumulative * _RANGE > position:
            return Placement(split.name, bucket)
    raise AssertionError("the ratios of the splits sum to 1")


def count_shards(size: int) -> int:
    """Return the number of shards of a split: the smallest power of two that keeps their mean in its band.

    `size` is the length in bytes of the RFC 8785 forms of the split's segments.
    """
    shards = 1
    while shards * SHARD_BYTES < size and shards < MOST_SHARDS:
        shards *= 2
    return shards


def shard_path(split: str, shard: int, shards: int) -> str:
    """Return the path of a shard in a build: `data/train-00000-of-00002.parquet`."""
    return f"data/{split}-{shard:05d}-of-{shards:05d}.parquet"
