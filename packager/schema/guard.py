"""Ask a second implementation whether a schema is valid by its draft, before data is built for ever by it.

jsonschema takes 0.1 s to import, which a check does without: it has jsonschema-rs's word alone.
"""

from __future__ import annotations

from typing import Any

from packager.errors import ConfigError
from packager.model import to_pointer
from packager.schema.phrases import cut


def guard_schema(document: Any, name: str) -> None:  # noqa: ANN401 - any JSON, as it was read
    """Refuse a schema that jsonschema finds invalid by its meta-schema; `name` is how to report its file.

    Formats are left out: jsonschema takes Python's patterns, and ours are ECMA-262's.

    Raises:
        ConfigError: it is invalid; the message says where.
    """
    import jsonschema  # noqa: PLC0415 - see above

    judge: Any = jsonschema.validators.validator_for(document, default=jsonschema.Draft202012Validator)
    try:
        judge.check_schema(document, format_checker=jsonschema.FormatChecker(()))
    except jsonschema.SchemaError as error:
        pointer = to_pointer(list(error.absolute_path)) or "/"
        raise ConfigError(f"{name}: {pointer}: not valid by its draft: {cut(error.message)}") from error
