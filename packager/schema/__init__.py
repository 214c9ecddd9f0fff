"""JSON Schema: judge segments by it (validate.py), and make columns of it (columns.py)."""

from packager.schema.guard import guard_schema
from packager.schema.validate import SegmentSchema, compile_schema, find_engines

__all__ = ["SegmentSchema", "compile_schema", "find_engines", "guard_schema"]
