"""The rules of the dataset card: how bad each is, what it finds, why, and two cards that show it. Pure.

Here, below both, since the check knows every rule by name and the card judges with these. An id keeps its
meaning for ever.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from packager.model import Severity


class CardRule(NamedTuple):
    """One rule of the card."""

    id: str
    severity: Severity
    """Unless dataset.toml says otherwise."""
    summary: str
    """What it finds, in one line that goes on from "finds"."""
    explanation: str
    """Why that matters, and what to do."""
    bad: str
    """Breaks this rule and no other one."""
    good: str
    """Breaks no rule."""
    always: bool = False
    """Nobody can turn it off or make it milder: such a card cannot be rendered."""
    optional: bool = False

    @property
    def family(self) -> str:
        """The first part of the id."""
        return self.id.partition("/")[0]


def _card(*front: str, body: str = "# Turns\n\nTwo friends talk.\n") -> str:
    return "\n".join(("---", *front, "---", body))


_MIT: Final = "license: mit"
_GOOD: Final = _card(_MIT)


def _rule(name: str, summary: str, explanation: str, bad: str, good: str = _GOOD) -> CardRule:
    return CardRule(f"card/{name}", Severity.ERROR, summary, explanation, bad, good)


def _always(name: str, summary: str, explanation: str, bad: str, good: str = _GOOD) -> CardRule:
    return _rule(name, summary, explanation, bad, good)._replace(always=True)


def _warning(name: str, summary: str, explanation: str, bad: str, good: str = _GOOD) -> CardRule:
    return _rule(name, summary, explanation, bad, good)._replace(severity=Severity.WARNING)


CARD_RULES: Final = (
    _always(
        "bom",
        "a byte order mark, which hides the front matter",
        "The Hub looks for `---` at the first byte, and would take the front matter for text.",
        f"\ufeff{_GOOD}",
    ),
    _rule(
        "configs",
        "a pattern of `configs` that matches no file of the build",
        "`load_dataset` would find nothing. In a source the key is the tool's, and written anew by "
        "every build.",
        _card(_MIT, "configs:", "- config_name: default", "  data_files:", "  - path: data/dev-*"),
    ),
    _always(
        "duplicate-key",
        "a key of the front matter that stands there twice",
        "Readers differ in which of the two they take, or refuse both.",
        _card(_MIT, "license: gpl"),
    ),
    _warning(
        "empty-section",
        "a heading without a text",
        "It promises what is not there. Write the section, or take the heading out.",
        _card(_MIT, body="# Turns\n\nTwo friends talk.\n\n## Limits\n"),
        _card(_MIT, body="# Turns\n\nTwo friends talk.\n\n## Limits\n\nTwo voices only.\n"),
    ),
    _always(
        "encoding",
        "bytes that are not UTF-8",
        "The Hub reads cards as UTF-8 alone. Save the file as UTF-8.",
        _card("pretty_name: Caf\udce9"),
        _card(_MIT, "pretty_name: Café"),
    ),
    _rule(
        "language",
        "a language that is no code of ISO 639, or no BCP 47 tag where one belongs",
        "The Hub finds data sets by `language`, which takes codes of two or three letters; a region or a "
        "script belongs in `language_bcp47`.",
        _card(_MIT, "language:", "- en-US"),
        _card(_MIT, "language:", "- en", "language_bcp47:", "- en-US"),
    ),
    _rule(
        "license",
        "a licence that the Hub does not know, or `other` without name and link",
        "People filter by it, and companies will not touch what they cannot place. For a licence of your own "
        "write `other`, `license_name` and `license_link`.",
        _card("license: apache"),
        _card("license: apache-2.0"),
    ),
    _rule(
        "link",
        "a link that leads nowhere by its form",
        "It has no address, no host, or characters that no address can hold. Whether a page answers "
        "is not asked.",
        _card(_MIT, body="# Turns\n\nSee [the show](https://).\n"),
        _card(_MIT, body="# Turns\n\nSee [the show](https://show.example/).\n"),
    ),
    _always(
        "marker",
        "a marker of a part without its partner, doubled, nested or unknown",
        "A part stands between `<!-- packager:NAME -->` and `<!-- /packager:NAME -->`, each on a line "
        "of its own, once.",
        _card(_MIT, body="# Turns\n\n<!-- packager:glance -->\n"),
        _card(_MIT, body="# Turns\n\n<!-- packager:glance -->\n<!-- /packager:glance -->\n"),
    ),
    _warning(
        "no-license",
        "no licence",
        "Without one nobody may use the data. Agree on it with those who speak and those who transcribed.",
        _card("pretty_name: Turns"),
    ),
    _always(
        "norway",
        "a language that YAML reads as true or false",
        "To YAML `no` is false, so Norwegian is lost. Put it in quotes.",
        _card(_MIT, "language:", "- no"),
        _card(_MIT, "language:", '- "no"'),
    ),
    _warning(
        "placeholder",
        "a placeholder of a template",
        "Such as `[More Information Needed]`, `TODO`, or a name under `me/`. Say what belongs there.",
        _card(_MIT, body="# Turns\n\nTODO\n"),
    ),
    _warning(
        "prompt",
        "a prompt of the template that nobody has answered",
        "Write the answer in its place and delete the comment; it is invisible on the Hub, and so is "
        "what is missing.",
        _card(_MIT, body="# Turns\n\n<!-- prompt: Who speaks here? -->\n\nFriends.\n"),
    ),
    _rule(
        "size",
        "a size category that there is not, or not that of the rows",
        "The Hub filters by it. In a source the key is the tool's, and written anew by every build.",
        _card(_MIT, "size_categories:", "- 1M<n<10M"),
    ),
    _rule(
        "task",
        "a task category that the Hub does not know",
        "Nobody finds it under a name that is not in the list of the Hub.",
        _card(_MIT, "task_categories:", "- speech recognition"),
        _card(_MIT, "task_categories:", "- automatic-speech-recognition"),
    ),
    _rule(
        "task-id",
        "a task id that the Hub does not know",
        "As with task categories.",
        _card(_MIT, "task_ids:", "- speaker-id"),
        _card(_MIT, "task_ids:", "- speaker-identification"),
    ),
    _rule(
        "value",
        "a value of a kind that the Hub refuses",
        "A text where a list belongs, or the other way round: the Hub refuses the commit.",
        _card(_MIT, "tags: speech"),
        _card(_MIT, "tags:", "- speech"),
    ),
    _always(
        "yaml",
        "front matter that is no YAML, or not what all readers take for it",
        "It begins on the first line with exactly `---`, ends with a line `---`, and is a mapping "
        "without anchors or tags.",
        _card("license: [mit"),
    ),
)
"""In the order of their names."""
