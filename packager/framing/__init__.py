"""Whole blocks of flat JSON objects as positions of their values: what is made of columns, not of objects.

shape.py   how the records of a block are written, from the first of them
frame.py   a block and its shape -> where each value of each record stands
clock.py   times of many records at once
form.py    the RFC 8785 form of each record

Pure. What has a frame is proven to be strict JSON; whatever is in doubt has none.
"""

from packager.framing.clock import read_clocks
from packager.framing.form import Member, find_members, measure_forms
from packager.framing.frame import Frame, frame_block
from packager.framing.shape import Kind, Shape, find_shape

__all__ = [
    "Frame",
    "Kind",
    "Member",
    "Shape",
    "find_members",
    "find_shape",
    "frame_block",
    "measure_forms",
    "read_clocks",
]
