"""Say where a recording goes: which split, which shard, and whether it was elsewhere before.

place.py    the hash: recording or group -> split and bucket
dealer.py   pins first, then groups, then names
lock.py     what `splits.lock` remembers
"""

from packager.splits.dealer import Dealer, open_dealer
from packager.splits.lock import Lock, read_lock, write_lock
from packager.splits.place import (
    SHARD_BYTES,
    count_shards,
    place_recording,
    shard_path,
)

__all__ = [
    "SHARD_BYTES",
    "Dealer",
    "Lock",
    "count_shards",
    "open_dealer",
    "place_recording",
    "read_lock",
    "shard_path",
    "write_lock",
]
