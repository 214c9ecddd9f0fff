"""How a data set was made. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.card.escape import code

if TYPE_CHECKING:
    from packager.card.facts import CardFacts


def provenance(facts: CardFacts) -> str:
    """Return which tool made the data set, of what."""
    tool = f"`segment-packager` {code(facts.tool_version)}" if facts.tool_version else "`segment-packager`"
    checked = f"checked against the schema whose sha256 is {code(facts.schema_sha256)}"
    said = [f"Built by {tool} from segments that were each {checked}."]
    if facts.sources_sha256:
        said.append(f"The sha256 over the digests of all recordings is {code(facts.sources_sha256)}.")
        said.append(
            "The same sources give the same bytes with the same version of the tool; `manifest.json` has the "
            "sha256 of every file and the digest of every recording."
        )
    return "\n\n".join(said)
