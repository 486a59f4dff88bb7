"""A chunk of whole lines, and the lines in it with their exact offsets."""

import hashlib
from dataclasses import dataclass

import polars as pl

TAIL = 256
MASK = bytes(32 if byte == 13 else 63 if byte > 127 else byte for byte in range(256))
"""One ASCII byte for each byte, none of them a carriage return: text of the same lengths that is always valid."""


def fingerprint(data: bytes) -> str:
    """Return the 128-bit BLAKE2b hash in hexadecimal; equal bytes give equal text on every machine."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of one stream, and where they stand in it.

    `offset` and `end` count bytes of the decompressed stream; the next chunk begins at `end`. `data` holds these
    bytes as they are. Only the last line may differ from them: cut at its limit, with a marker, or freed from a hole of
    NULs before it; and the last line of a stream may lack its newline. `before` and `last` are the (at most 256) bytes
    before `offset` and before `end`.
    """

    offset: int
    end: int
    data: bytes
    before: bytes = b""
    last: bytes = b""

    def tail(self, offset: int | None = None) -> str:
        """Return the hash of the 256 bytes before the start of one of its lines; without an offset, before `end`.

        Fewer bytes are hashed where the stream has fewer. An offset outside the chunk is a ValueError.
        """
        if offset is None or offset == self.end:
            return fingerprint(self.last)
        if not self.offset <= offset < self.end:
            raise ValueError(f"offset {offset} is outside the chunk {self.offset}..{self.end}")
        at = offset - self.offset
        return fingerprint((self.before + self.data[max(0, at - TAIL) : at])[-TAIL:])


def lines(chunk: Chunk) -> pl.DataFrame:
    r"""Return one row per line: `offset`, where its first byte stands in the decompressed stream, and `line`, its text.

    The newline and one carriage return before it are left out; NULs, a byte order mark, empty lines and lone carriage
    returns stay. Bytes that are no UTF-8 become `\xNN`. No input makes it fail.
    """
    data = chunk.data
    if data.isascii():
        return _frame(chunk, _read(data), None if b"\r" not in data else data)
    try:
        data.decode()
    except UnicodeDecodeError:
        return _frame(chunk, _read(data.decode("utf-8", "backslashreplace").encode()), data)
    return _frame(chunk, _read(data), None if b"\r" not in data else data)


def _read(data: bytes) -> pl.Series:
    if not data:
        return pl.Series("line", [], pl.String)
    return pl.read_lines(data, name="line")["line"]


def _frame(chunk: Chunk, text: pl.Series, raw: bytes | None) -> pl.DataFrame:
    """Add the offsets; `raw` is given where the text's lengths are not those of the bytes."""
    measured = text if raw is None else _read(raw.translate(MASK))
    sizes = measured.str.len_bytes().cast(pl.Int64) + 1
    offsets = (sizes.cum_sum() - sizes + chunk.offset).alias("offset")
    return pl.DataFrame([offsets, text])
