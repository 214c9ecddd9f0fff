"""The hash that places recordings is a promise: what is pinned here never changes."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, localcontext
from hashlib import blake2b

from hypothesis import given, settings
from hypothesis import strategies as st

from packager.model import SplitRatio
from packager.splits import SHARD_BYTES, count_shards, place_recording, shard_path

NINETY = (
    SplitRatio("train", Decimal("0.9")),
    SplitRatio("validation", Decimal("0.05")),
    SplitRatio("test", Decimal("0.05")),
)


PINNED = {
    "ep1": ("train", 5172573614503615615),
    "ep2": ("train", 11725855487213680813),
    "a/b": ("train", 17716871566722509996),
    "Zoë": ("train", 5687062577051367931),
    "語り": ("train", 8184886341636176266),
    "episode-6": ("test", 17613646434033883796),
    "episode-18": ("validation", 10163978464759038352),
}


def test_pinned_names_go_where_they_always_went() -> None:
    placed = {name: place_recording(name, NINETY) for name in PINNED}
    assert {name: (place.split, place.bucket) for name, place in placed.items()} == PINNED


def test_the_hash_is_keyed_blake2b_of_sixteen_bytes() -> None:
    digest = blake2b("Zoë".encode(), digest_size=16, key=b"pepper").digest()
    place = place_recording("Zoë", (SplitRatio("train", Decimal(1)),), "pepper")
    assert place.bucket == int.from_bytes(digest[8:], "big")


def test_pinned_groups_go_where_they_always_went() -> None:
    groups = {
        b'["Night Train"]': "train",
        b'["Night Train",4]': "test",
        b'["Night Train",42]': "validation",
        b"[null]": "train",
        b'["Zo\xc3\xab",true]': "train",
    }
    found = {group: place_recording("ep1", NINETY, group=group) for group in groups}
    assert {group: place.split for group, place in found.items()} == groups
    assert {place.bucket for place in found.values()} == {PINNED["ep1"][1]}


def test_a_pin_decides_the_split_and_not_the_shard() -> None:
    assert place_recording("ep1", NINETY, group=b"x", pinned="test") == ("test", PINNED["ep1"][1])


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=6),
    st.sampled_from(["episode-{}", "ep/{}/é", '["Show {}"]']),
    st.text("ab", max_size=4),
    st.booleans(),
)
def test_ten_thousand_names_or_groups_are_dealt_as_chance_would(
    weights: list[int],
    name: str,
    salt: str,
    grouped: bool,  # noqa: FBT001
) -> None:
    with localcontext(prec=60):
        shares = [Decimal(weight) / sum(weights) for weight in weights[:-1]]
        shares.append(Decimal(1) - sum(shares, Decimal(0)))
        splits = [SplitRatio(f"s{index}", share) for index, share in enumerate(shares)]
    counts: Counter[str] = Counter()
    for number in range(10_000):
        text = name.format(number)
        group = text.encode() if grouped else None
        counts[place_recording("x" if grouped else text, splits, salt, group=group).split] += 1
    for split in splits:
        share = float(split.ratio)
        # Six standard deviations of the binomial distribution: once in half a billion.
        assert abs(counts[split.name] - 10_000 * share) <= 6 * (10_000 * share * (1 - share)) ** 0.5


def test_one_split_receives_everything() -> None:
    splits = (SplitRatio("all_of_it", Decimal(1)),)
    assert {place_recording(f"episode-{number}", splits).split for number in range(2000)} == {"all_of_it"}


def test_another_salt_deals_anew() -> None:
    names = [f"episode-{number}" for number in range(200)]
    plain = [place_recording(name, NINETY) for name in names]
    salted = [place_recording(name, NINETY, "2024") for name in names]
    assert plain != salted


def test_the_shares_come_out_as_asked() -> None:
    counts = Counter(place_recording(f"episode-{number}", NINETY).split for number in range(20_000))
    assert abs(counts["train"] - 18_000) < 250
    assert abs(counts["validation"] - 1_000) < 130
    assert abs(counts["test"] - 1_000) < 130


def test_the_boundary_between_two_splits_is_exact() -> None:
    name = "boundary"
    position = int.from_bytes(blake2b(name.encode(), digest_size=16).digest()[:8], "big")
    # The share that ends exactly at the position does not reach beyond it; one more unit does.
    with localcontext(prec=100):
        exact = Decimal(position) / Decimal(2**64)
        above = exact + Decimal(1) / Decimal(2**64)
        for share, split in ((exact, "second"), (above, "first")):
            splits = (SplitRatio("first", share), SplitRatio("second", 1 - share))
            assert place_recording(name, splits).split == split


def test_shards_are_the_smallest_power_of_two_that_keeps_the_band() -> None:
    assert [count_shards(size) for size in (0, 1, SHARD_BYTES, SHARD_BYTES + 1)] == [1, 1, 1, 2]
    assert count_shards(3 * SHARD_BYTES) == 4
    assert count_shards(10**15) == 4096
    assert SHARD_BYTES == 67_108_864


@given(st.integers(min_value=SHARD_BYTES + 1, max_value=SHARD_BYTES * 4096))
def test_from_two_shards_on_the_mean_is_between_half_the_band_and_the_band(size: int) -> None:
    assert SHARD_BYTES / 2 < size / count_shards(size) <= SHARD_BYTES


def test_a_shard_is_named_with_five_digits() -> None:
    assert shard_path("train", 3, 16) == "data/train-00003-of-00016.parquet"
