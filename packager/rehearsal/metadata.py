"""Read the metadata of a README.md as the Hub does, and judge it by the rules that the Hub documents. Pure.

The Hub does not publish its checks. What it is known to refuse is an error here, in its words; what it is
known to remark on, or only asks for in its documentation, is a warning: a rehearsal must not refuse what
the Hub takes. The lists are those of 2026; a licence or task that is newer needs a line here.

https://huggingface.co/docs/hub/datasets-cards, https://huggingface.co/docs/hub/repositories-licenses
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_LICENSES: Final = _words(
    "apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 "
    "bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda "
    "cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 "
    "cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 "
    "cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 "
    "etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc h-research "
    "intel-research lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl openmdw-1.0 openrail++ osl-3.0 "
    "postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr deepfloyd-if-license "
    "fair-noncommercial-research-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 grok2-community "
    "gemma unknown other"
)

_TASKS: Final = _words(
    "text-classification token-classification table-question-answering question-answering "
    "zero-shot-classification translation summarization feature-extraction text-generation "
    "text2text-generation fill-mask sentence-similarity text-to-speech text-to-audio "
    "automatic-speech-recognition audio-to-audio audio-classification audio-text-to-text "
    "voice-activity-detection depth-estimation image-classification object-detection image-segmentation "
    "text-to-image image-to-text image-to-image image-to-video unconditional-image-generation "
    "video-classification reinforcement-learning robotics tabular-classification tabular-regression "
    "tabular-to-text table-to-text multiple-choice text-ranking text-retrieval time-series-forecasting "
    "text-to-video image-text-to-text visual-question-answering document-question-answering "
    "zero-shot-image-classification graph-ml mask-generation zero-shot-object-detection text-to-3d "
    "image-to-3d image-feature-extraction video-text-to-text keypoint-detection visual-document-retrieval "
    "any-to-any other"
)

_SIZES: Final = _words(
    "n<1K 1K<n<10K 10K<n<100K 100K<n<1M 1M<n<10M 10M<n<100M 100M<n<1B 1B<n<10B 10B<n<100B 100B<n<1T n>1T "
    "other unknown"
)

# ISO 639-1, and the codes that it has given up. Codes of three letters are some 8,000: their shape counts.
_LANGUAGES: Final = _words(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv "
    "sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu code "
    "multilingual"
)
_SPLIT: Final = re.compile(r"\w+(?:\.\w+)*")

_BLOCK = re.compile(r"\s*---[ \t]*\r?\n(.*?)(?:^|\r?\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_LARGEST_JSON = 4 << 20


class MetadataError(Exception):
    """The metadata block cannot be read; the message says why and where."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong with the metadata of a README.md, as sentences."""

    errors: list[str] = field(default_factory=list)
    """The Hub refuses such a README.md."""
    warnings: list[str] = field(default_factory=list)

    def require(self, is_right: bool, name: str, what: str) -> bool:  # noqa: FBT001 - it is what is required
        """Note an error unless it is right, and return whether it is."""
        if not is_right:
            self.errors.append(f'"{name}" {what}')
        return is_right


def judge_readme(readme: str, kind: str) -> Judgement:
    """Return what is wrong; `kind` is `datasets`, `models` or `spaces`."""
    try:
        metadata = read_metadata(readme)
    except MetadataError as error:
        return Judgement([str(error)])
    if not metadata:
        return Judgement(warnings=["empty or missing yaml metadata in repo card"])
    found = Judgement()
    judges = _JUDGES | (_DATASET_JUDGES if kind == "datasets" else {})
    for name, judge in judges.items():
        if metadata.get(name) is not None:
            judge(found, name, metadata[name])
    if kind == "datasets" and metadata.get("license") == "other":
        for name in ("license_name", "license_link"):
            if not metadata.get(name):
                found.warnings.append(f'"license" is "other": say which one in "{name}"')
    return found


# --- one key each --------------------------------------------------------------------------------------


def _judge_text(found: Judgement, name: str, value: object) -> None:
    found.require(isinstance(value, str), name, "must be a string")


def _judge_list(found: Judgement, name: str, value: object) -> bool:
    return found.require(isinstance(value, list), name, "must be an array")


def _judge_texts(found: Judgement, name: str, value: object) -> None:
    if _judge_list(found, name, value):
        _texts(found, name, value)


def _judge_license(found: Judgement, name: str, value: object) -> None:
    for place, text in _texts(found, name, value):
        found.require(text in _LICENSES, place, f"must be one of [{', '.join(_LICENSES)}, array]")


def _judge_language(found: Judgement, name: str, value: object) -> None:
    for place, text in _texts(found, name, value):
        if found.require(text == text.lower(), place, "must only contain lowercase characters"):
            found.require(
                text in _LANGUAGES or re.fullmatch("[a-z]{3}", text) is not None,
                place,
                f'with value "{text}" is not valid. It must be an ISO 639-1, 639-2 or 639-3 code (two/three '
                'letters), or a special value like "code", "multilingual". If you want to use BCP-47 '
                "identifiers, you can specify them in language_bcp47.",
            )


def _among(known: Iterable[str]) -> Callable[[Judgement, str, object], None]:
    """Return the judge of a list whose unknown members the Hub remarks on."""

    def judge(found: Judgement, name: str, value: object) -> None:
        for _, text in _texts(found, name, value):
            if text not in known:
                found.warnings.append(f'The {name} "{text}" is not in the official list: {", ".join(known)}')

    return judge


def _judge_configs(found: Judgement, name: str, value: object) -> None:
    names: list[object] = []
    for place, config in _objects(found, name, value):
        own = config.get("config_name")
        if found.require(isinstance(own, str), f"{place}.config_name", "must be a string"):
            found.require(own not in names, f"{place}.config_name", f'"{own}" stands there twice')
            names.append(own)
        if config.get("data_files") is not None:
            _judge_data_files(found, f"{place}.data_files", config["data_files"])


def _judge_data_files(found: Judgement, name: str, value: object) -> None:
    """A path, a list of paths, or a list of splits with their paths: as `datasets` reads it."""
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        return
    for place, item in _objects(found, name, value):
        split = item.get("split")
        if found.require(isinstance(split, str), f"{place}.split", "must be a string"):
            found.require(
                _SPLIT.fullmatch(str(split)) is not None,
                f"{place}.split",
                f'with value "{split}" is not valid. A split has letters, digits, "_" and single dots.',
            )
        if found.require("path" in item, f"{place}.path", "is required"):
            _texts(found, f"{place}.path", item["path"])


def _judge_dataset_info(found: Judgement, name: str, value: object) -> None:
    infos = [(name, value)] if isinstance(value, dict) else _objects(found, name, value)
    for place, info in infos:
        if isinstance(value, list):
            own = info.get("config_name")
            found.require(isinstance(own, str), f"{place}.config_name", "must be a string")
        for part in ("features", "splits"):
            if info.get(part) is not None:
                for at, item in _objects(found, f"{place}.{part}", info[part]):
                    found.require(isinstance(item.get("name"), str), f"{at}.name", "must be a string")


_JUDGES: Final[dict[str, Callable[[Judgement, str, Any], object]]] = {
    "license": _judge_license,
    "language": _judge_language,
    "tags": _judge_texts,
    "model-index": _judge_list,
}
_DATASET_JUDGES: Final[dict[str, Callable[[Judgement, str, Any], object]]] = {
    "license_name": _judge_text,
    "license_link": _judge_text,
    "pretty_name": _judge_text,
    "size_categories": _among(_SIZES),
    "task_categories": _among(_TASKS),
    "configs": _judge_configs,
    "dataset_info": _judge_dataset_info,
}

# --- shapes --------------------------------------------------------------------------------------------


def _texts(found: Judgement, name: str, value: object) -> list[tuple[str, str]]:
    """Return the texts of a list, or a text alone, each with its place; note what is no text."""
    items = [(name, value)]
    if isinstance(value, list):
        items = [(f"{name}[{at}]", item) for at, item in enumerate(value)]
    return [
        (at, str(item)) for at, item in items if found.require(isinstance(item, str), at, "must be a string")
    ]


def _objects(found: Judgement, name: str, value: object) -> list[tuple[str, dict[str, Any]]]:
    """Return the objects of a list, each with its place; note what is none."""
    _judge_list(found, name, value)
    return [
        (f"{name}[{at}]", item)
        for at, item in enumerate(value if isinstance(value, list) else ())
        if found.require(isinstance(item, dict), f"{name}[{at}]", "must be of type object")
    ]


# --- reading -------------------------------------------------------------------------------------------


def split_readme(readme: str) -> tuple[str, str]:
    """Return the metadata block, empty if there is none, and the Markdown that follows it."""
    block = _BLOCK.match(readme)
    return (block[1], readme[block.end() :]) if block else ("", readme)


@lru_cache(maxsize=32)
def read_metadata(readme: str) -> dict[str, Any]:
    """Return the metadata of a README as plain JSON values, not to be changed; empty if there is none.

    Raises:
        MetadataError: the block is not YAML, holds a key twice, is no mapping, or holds what is no Unicode.
    """
    block, _ = split_readme(readme)
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False  # YAML allows them
        value = yaml.load(StringIO(block))
        # Dates become text, and what JSON cannot say (.nan, .inf) becomes null.
        value = json.loads(_write_json(value), parse_constant=lambda _: None)
    except (YAMLError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        # Values that are not what their tag says (`!!bool maybe`) are not errors of YAML to the library.
        raise MetadataError(str(error).encode("utf-8", "backslashreplace").decode()) from None
    if not is_unicode(json.dumps(value, ensure_ascii=False)):
        raise MetadataError("The metadata block holds half a surrogate pair, which is no text.")
    if value is not None and not isinstance(value, dict):
        raise MetadataError("The metadata block must be a mapping of keys to values.")
    return value or {}


def is_unicode(text: str) -> bool:
    """Return whether a text can be written at all; escapes can spell half a surrogate pair, which cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write_json(value: object) -> str:
    # A few lines of YAML aliases can stand for gigabytes.
    pieces: list[str] = []
    size = 0
    for piece in json.JSONEncoder(default=str).iterencode(value):
        size += len(piece)
        if size > _LARGEST_JSON:
            raise MetadataError(f"The metadata block stands for more than {_LARGEST_JSON} bytes.")
        pieces.append(piece)
    return "".join(pieces)
