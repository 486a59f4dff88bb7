"""Finds logs, decompresses them, tells which log a stream is, and cuts it into whole lines with exact offsets.

`find` turns paths into inputs, `open_stream` opens one, a `Registry` says which source it is and where to go on, its
`chunks` are whole lines in bounded memory, and `lines` makes a frame of a chunk.
"""

from bouncelake.reading.chunks import TAIL, Chunk, fingerprint, lines
from bouncelake.reading.discovery import Found, Input, find, printable
from bouncelake.reading.sources import Known, Match, Registry
from bouncelake.reading.streams import CHUNK, Stream, open_stream
from bouncelake.reading.text import BinaryInputError

__all__ = [
    "CHUNK",
    "TAIL",
    "BinaryInputError",
    "Chunk",
    "Found",
    "Input",
    "Known",
    "Match",
    "Registry",
    "Stream",
    "find",
    "fingerprint",
    "lines",
    "open_stream",
    "printable",
]
