"""Containers around a line: JSON of docker and journald, CRI text, compose prefixes, forwarded and damaged beginnings.

A container is taken off one layer at a time; what it says of time stays beside the line as `outer`.
"""

from dataclasses import dataclass

import polars as pl

from bouncelake.framing import envelopes, headers, patterns
from bouncelake.framing.pieces import PIECES, joined
from bouncelake.schema import INSTANT

_LINE = pl.col("line")


@dataclass(frozen=True, slots=True)
class Opened:
    """Lines with one layer less.

    Args:
        inner: `offset`, `line`, `outer` of lines that had a layer.
        rest: The same of lines that have none.
        broken: The same of lines whose layer cannot be read.
        merged: How many lines were continuations of others.
        held: Offset of the first line that waits for its continuation.
    """

    inner: pl.DataFrame
    rest: pl.DataFrame
    broken: pl.DataFrame
    merged: int
    held: int | None


def unwrap(lines: pl.DataFrame, end: int | None) -> Opened:
    """Take one layer off each line that has one.

    Args:
        lines: `offset`, `line`, `outer`, in log order.
        end: Offset of the last line read so far; null when no more will come.
    """
    kind = (
        pl.when(_LINE.str.contains(patterns.JUNK))
        .then(pl.lit("junk"))
        .when(_LINE.str.starts_with("{"))
        .then(pl.lit("json"))
        .when(_LINE.str.contains(patterns.CRI))
        .then(pl.lit("cri"))
        .when(_LINE.str.contains(patterns.TWO_STAMPS))
        .then(pl.lit("stamped"))
        .when(_LINE.str.contains(patterns.LONE_PRI))
        .then(pl.lit("pri"))
        .when(_LINE.str.contains(patterns.COMPOSE))
        .then(pl.lit("compose"))
        .otherwise(pl.lit(""))
    )
    kinds = lines.with_columns(kind=kind).partition_by("kind", as_dict=True, include_key=False)
    rest = kinds.pop(("",), lines.clear())
    inner = [_prefix(kinds.pop((name,), lines.clear()), pattern) for name, pattern in _PREFIXES]
    stamped = _stamped(kinds.pop(("stamped",), lines.clear()))
    pieces, broken = envelopes.read(kinds.pop(("json",), lines.clear()))
    whole, merged, held = joined(pl.concat([pieces, _cri(kinds.pop(("cri",), lines.clear()))]).sort("offset"), end)
    return Opened(pl.concat([*inner, stamped, headed(whole)]).sort("offset"), rest, broken, merged, held)


_PREFIXES = (("junk", patterns.JUNK), ("pri", rf"^{patterns.PRI}"), ("compose", patterns.COMPOSE))


def _prefix(lines: pl.DataFrame, pattern: str) -> pl.DataFrame:
    return lines.with_columns(_LINE.str.replace(pattern, ""))


def _stamped(lines: pl.DataFrame) -> pl.DataFrame:
    frame = lines.with_columns(_LINE.str.extract_groups(patterns.TWO_STAMPS).struct.unnest())
    at = headers.instants(frame["at"])
    return frame.select("offset", line="text", outer=pl.coalesce(at, "outer"))


def _cri(lines: pl.DataFrame) -> pl.DataFrame:
    frame = lines.with_columns(_LINE.str.extract_groups(patterns.CRI).struct.unnest())
    at = headers.instants(frame["at"])
    partial = pl.col("flag") == "P"
    return frame.select("offset", "stream", line="text", outer=pl.coalesce(at, "outer"), partial=partial).select(PIECES)


def headed(lines: pl.DataFrame) -> pl.DataFrame:
    """Give text without a header one that says the container's time, as `journalctl -o short-unix` would."""
    clean = _LINE.str.replace(patterns.JUNK, "").str.strip_chars_end("\r\n").str.replace_all("\n", " ", literal=True)
    bare = ~_LINE.str.contains(patterns.STAMPED) & pl.col("outer").is_not_null() & (_LINE != "")
    made = envelopes.unix(pl.col("outer")) + " - " + _LINE
    return lines.select("offset", clean, pl.col("outer").cast(INSTANT)).with_columns(
        pl.when(bare).then(made).otherwise(_LINE).alias("line")
    )
