"""The columns of a data set: one grammar of their types, and the values of a segment in them."""
