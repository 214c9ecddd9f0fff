"""JSON Schema: judge segments by it (validate.py), and make columns of it (columns.py)."""
