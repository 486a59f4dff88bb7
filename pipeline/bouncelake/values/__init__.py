"""Finds the values in a stream: JSON objects in any framing, form bodies; takes off what was wrapped around them.

A value is one event body, or a container of such. `Cutter` finds them with their exact offsets in bounded memory,
`peel` takes off one wrapper, `decode` reads their fields.
"""

from bouncelake.values.csv import CsvCutter, is_header
from bouncelake.values.cutting import VALUE_LIMIT, Cutter
from bouncelake.values.engine import BadJsonError, decode, doubled, elements, valid
from bouncelake.values.forms import form
from bouncelake.values.found import Cut
from bouncelake.values.wrappers import peel

__all__ = [
    "VALUE_LIMIT",
    "BadJsonError",
    "CsvCutter",
    "Cut",
    "Cutter",
    "decode",
    "doubled",
    "elements",
    "form",
    "is_header",
    "peel",
    "valid",
]
