"""Finds the values in a stream: JSON objects in any framing, form bodies; takes off what was wrapped around them.

A value is one event body, or a container of such. `Cutter` finds them with their exact offsets in bounded memory,
`peel` takes off one wrapper, `decode` reads their fields.
"""

from bouncelake.values.cutting import VALUE_LIMIT, Cut, Cutter
from bouncelake.values.engine import decode, doubled, elements, valid
from bouncelake.values.forms import form
from bouncelake.values.wrappers import peel

__all__ = ["VALUE_LIMIT", "Cut", "Cutter", "decode", "doubled", "elements", "form", "peel", "valid"]
