"""Bring together what the card of a build says. Reads nothing but the version of the tool."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from packager.card import CardFacts, FieldFacts, SplitFacts, Waiver, read_about, read_words
from packager.card_rules import CARD_RULES
from packager.check import RULES, match_rules
from packager.columns import card_features, describe_constraints
from packager.config import FILE_NAME
from packager.model import Severity
from packager.statistics import merge, rank_speakers, summarize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from packager.assemble.shards import WrittenShard
    from packager.built import Dropped, Recording, Split, Statistics
    from packager.columns import Layout
    from packager.config import Choices, Config
    from packager.model import Report
    from packager.schema import SegmentSchema
    from packager.statistics import Tally

_SPEAKERS: Final = 10
_EXAMPLE: Final = 60  # characters of a value in the table of fields


class Counted:
    """What the shards of a build hold, by split and in all."""

    def __init__(self, recordings: Sequence[Recording], shards: Sequence[tuple[str, WrittenShard]]) -> None:
        numbers = Counter(each.split for each in recordings)
        self.tallies: Mapping[str, Tally] = {
            name: merge(shard.tally for split, shard in shards if split == name) for name in numbers
        }
        self.all = merge(self.tallies.values())
        self._counted = {name: summarize(tally, numbers[name]) for name, tally in self.tallies.items()}
        self._counted["all"] = summarize(self.all, len(recordings))

    @property
    def statistics(self) -> tuple[tuple[str, Statistics], ...]:
        """As the manifest has them."""
        return tuple(sorted(self._counted.items()))

    def of(self, split: str) -> Statistics:
        """Return the statistics of a split, or of `all`."""
        return self._counted[split]


def gather_facts(  # noqa: PLR0913 - all that a build knows
    config: Config,
    card: bytes,
    schema: SegmentSchema,
    layout: Layout,
    *,
    splits: Sequence[Split],
    shards: Sequence[tuple[str, WrittenShard]],
    recordings: Sequence[Recording],
    counted: Counted,
    dropped: tuple[Dropped, ...],
    ran: Collection[str],
    report: Report,
) -> CardFacts:
    """Return what the card of these shards says."""
    words, about = read_words(card), read_about(config.citation, config.rai, str(config.root / FILE_NAME))
    return CardFacts(
        repo_id=config.repo_id,
        splits=tuple(_split_facts(split, shards, counted) for split in splits),
        fields=_fields(schema, layout, counted.all),
        features=card_features(layout),
        dropped=dropped,
        schema_sha256=schema.sha256,
        statistics=counted.of("all"),
        speakers=rank_speakers(counted.all)[:_SPEAKERS],
        rules=tuple((rule.id, rule.summary) for rule in RULES if rule.id in ran),
        counts=tuple((severity.value, report.count(severity)) for severity in Severity),
        waivers=tuple(_waivers(config)),
        sources_sha256=digest_sources(recordings),
        tool_version=version("segment-packager"),
        languages=words.languages,
        title=about.title or words.title or config.repo_id.partition("/")[2],
        authors=tuple(each.name or f"{each.family}, {each.given}" for each in about.authors),
        doi=about.doi,
    )


def digest_sources(recordings: Sequence[Recording]) -> str:
    """Return the sha256 of lines of the name of each recording, as JSON, and its digest, sorted by name."""
    lines = sorted((each.name, each.digest) for each in recordings)
    text = "".join(f"{json.dumps(name, ensure_ascii=False)} {digest}\n" for name, digest in lines)
    return hashlib.sha256(text.encode()).hexdigest()


def _split_facts(split: Split, shards: Sequence[tuple[str, WrittenShard]], counted: Counted) -> SplitFacts:
    written = [shard for name, shard in shards if name == split.name]
    statistics = counted.of(split.name)
    nanoseconds = statistics.totals.nanoseconds
    return SplitFacts(
        name=split.name,
        recordings=statistics.totals.recordings,
        rows=split.rows,
        shards=split.shards,
        num_bytes=sum(shard.arrow_bytes for shard in written),
        file_bytes=sum(shard.file.size for shard in written),
        seconds=None if nanoseconds is None else nanoseconds / 10**9,
        statistics=statistics,
        example=counted.tallies[split.name].example,
    )


def _fields(schema: SegmentSchema, layout: Layout, tally: Tally) -> tuple[FieldFacts, ...]:
    constraints = describe_constraints(schema.document, schema.targets)
    example = dict(tally.example.values) if tally.example else {}
    return tuple(
        FieldFacts(
            each.column.name,
            each.column.type,
            each.column.nullable,
            each.description,
            constraint=constraints.get(each.column.name, ""),
            example=_show(example.get(each.column.name)),
        )
        for each in layout.columns
    )


def _show(value: object) -> str:
    if value is None:
        return ""
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= _EXAMPLE else f"{shown[:_EXAMPLE]}…"


def _waivers(config: Config) -> Iterator[Waiver]:
    """Yield what the project does not judge, or judges less."""
    tables: list[tuple[str, Choices]] = [("", config.checks.choices), *config.checks.paths]
    for pattern, choices in tables:
        rules = [*choices.ignore]
        rules += [f"{rule} ({value})" for rule, value in choices.severity if _is_milder(rule, value)]
        if choices.select and not pattern:
            rules.append(f"all but {', '.join(choices.select)}")
        if not pattern:
            rules += [f"{name} = {value:g}" for name, value in config.checks.limits]
            rules += [] if config.checks.formats else ["formats = false"]
        if rules:
            yield Waiver(", ".join(rules), pattern, choices.reason)


def _is_milder(name: str, value: str) -> bool:
    """Tell whether a severity is less than what one of these rules has by itself."""
    rank = [*Severity, "off"].index(value)
    return any(
        list(Severity).index(rule.severity) < rank
        for rule in match_rules(name, (*RULES, *CARD_RULES))
        if not rule.optional
    )
