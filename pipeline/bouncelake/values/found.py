"""What was found in a stream so far, and what of it is handed out."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

SEPARATORS = b" \t\r\n,[]\x1e\x00"
"""Bytes that may stand between values."""
KEPT = 4000
"""Bytes of a broken value that are kept."""
VALUES = pl.Schema({"offset": pl.Int64(), "text": pl.String()})
REFUSED = pl.Schema({"offset": pl.Int64(), "text": pl.String(), "reason": pl.String()})


def _same_length(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "?" * (error.end - error.start), error.end


codecs.register_error("bouncelake-same-length", _same_length)


def clean(data: bytes) -> bytes:
    """Return the bytes as UTF-8 of the same length: what is none becomes question marks."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "bouncelake-same-length").encode()
    return data


@dataclass(frozen=True, slots=True)
class Cut:
    """What was found up to the offset `end`: JSON objects, texts that are no JSON, and values that are broken.

    Args:
        values: `offset`, `text` of each object, in order; every text is valid JSON.
        others: `offset`, `text` of lines that are no JSON: form bodies, perhaps.
        refused: `offset`, `text` (its beginning), `reason`.
        end: Offset behind all these, and behind what separates them from the next.
    """

    values: pl.DataFrame
    others: pl.DataFrame
    refused: pl.DataFrame
    end: int


@dataclass(slots=True)
class Found:
    """What was gathered so far, as frames of `offset`, `text` (and `reason`)."""

    values: list[pl.DataFrame] = field(default_factory=list)
    others: list[pl.DataFrame] = field(default_factory=list)
    refused: list[pl.DataFrame] = field(default_factory=list)

    def cut(self, end: int) -> Cut:
        """Return all of it, in the order of the offsets."""
        return Cut(_sorted(self.values, VALUES), _sorted(self.others, VALUES), _sorted(self.refused, REFUSED), end)

    def take(self, offsets: Sequence[int], texts: Sequence[bytes]) -> None:
        """Add objects that are known to be valid."""
        self.values.append(framed(offsets, texts))

    def other(self, offset: int, data: bytes) -> None:
        """Add the lines of text that is no JSON."""
        offsets, texts = list[int](), list[bytes]()
        for line in data.split(b"\n"):
            text = line.strip(SEPARATORS)
            if text:
                offsets.append(offset + line.index(text))
                texts.append(text)
            offset += len(line) + 1
        self.others.append(framed(offsets, texts))

    def refuse(self, offset: int, data: bytes, reason: str) -> None:
        """Add a broken value."""
        self.refused.append(framed([offset], [data[:KEPT].strip()]).with_columns(reason=pl.lit(reason)))


def _sorted(parts: Sequence[pl.DataFrame], schema: pl.Schema) -> pl.DataFrame:
    if len(parts) == 1 and parts[0]["offset"].is_sorted():
        return parts[0]
    return pl.concat([schema.to_frame(), *parts]).sort("offset", maintain_order=True)


def framed(offsets: Sequence[int], texts: Sequence[bytes]) -> pl.DataFrame:
    """Return `offset` and `text` of values."""
    decoded = [text.decode("utf-8", "bouncelake-same-length") for text in texts]
    return pl.DataFrame({"offset": offsets, "text": decoded}, schema={"offset": pl.Int64, "text": pl.String})
