"""Find and read segment files: bytes in, located values out."""
