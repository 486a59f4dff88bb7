"""Finds values in a stretch of bytes that is not one object per line: scanned by braces, then checked, then mended."""

import re

import polars as pl

from bouncelake.values.engine import elements, valid
from bouncelake.values.found import KEPT, SEPARATORS, Found, framed
from bouncelake.values.scan import Spans, spans

_NEXT = re.compile(rb'\n[ \t]*\[?(?=\{["}])|\}(?=\{["}])')
"""Where an object may begin inside a broken one: on a line of its own, or run together with it."""
_MOST_REPAIRS = 32
"""Broken values of a region behind each of which it is scanned again; then its lines are taken singly."""


def searched(data: bytes, offset: int, found: Found, *, final: bool) -> int:
    """Gather the values in `data` and return how many of its bytes are done with.

    Unless `final`, the data may go on: an object that has not ended, or a last line that is no JSON, waits.
    """
    at = 0
    for _ in range(_MOST_REPAIRS):
        seen = spans(data[at:])
        broken = _taken(data, at, offset, seen, found)
        if broken is None and (seen.rest is None or not final):
            return _remainder(data, at, offset, seen, found, final=final)
        at = _mended(data, at, offset, seen, found, broken)
    whole = len(data) if final else max(at, data.rfind(b"\n") + 1)
    line_by_line(data[at:whole], offset + at, found)
    return whole


def _mended(data: bytes, at: int, offset: int, seen: Spans, found: Found, broken: tuple[int, int] | None) -> int:  # noqa: PLR0913, PLR0917
    """Refuse the broken object, or the one that does not end; return where to look for the next."""
    reason = "bad_json"
    if broken is None:
        reason, broken = "truncated", (at + (seen.rest or 0), len(data))
        _gap(data, at + _behind(seen), broken[0], offset, found)
    begin, end = broken
    inside = _NEXT.search(data, begin + 1, end)
    end = end if inside is None else inside.end()
    found.refuse(offset + begin, data[begin:end], reason)
    return end


def line_by_line(data: bytes, offset: int, found: Found) -> None:
    """Gather the lines of `data` that are one value each, and refuse those that are not."""
    lines = data.split(b"\n")
    sizes = pl.Series([len(line) + 1 for line in lines], dtype=pl.Int64)
    frame = framed((sizes.cum_sum() - sizes + offset).to_list(), [line.strip(b" \t\r,") for line in lines])
    frame = frame.filter(pl.col("text") != "")
    json = frame.filter(valid(frame["text"]) & frame["text"].str.contains(r"^[{\[]"))
    arrays = json.filter(pl.col("text").str.starts_with("["))
    found.values += [
        json.filter(pl.col("text").str.starts_with("{")),
        arrays.with_columns(elements(arrays["text"]).alias("text")).explode("text").drop_nulls("text"),
    ]
    rest = frame.join(json, on="offset", how="anti", maintain_order="left")
    begun = pl.col("text").str.starts_with("{")
    found.others.append(rest.filter(~begun))
    found.refused.append(rest.filter(begun).select("offset", pl.col("text").str.head(KEPT), reason=pl.lit("bad_json")))


def _taken(data: bytes, at: int, offset: int, seen: Spans, found: Found) -> tuple[int, int] | None:
    """Add the objects before the first broken one and the text between them; return where that begins and ends."""
    texts = [data[at + start : at + end] for start, end in zip(seen.starts, seen.ends, strict=True)]
    frame = framed([offset + at + start for start in seen.starts], texts)
    bad = (~valid(frame["text"])).arg_true()
    good = bad[0] if len(bad) else frame.height
    found.values.append(frame.head(good))
    before = 0
    for start, end in zip(seen.starts[: good + 1], seen.ends[: good + 1], strict=True):
        _gap(data, at + before, at + start, offset, found)
        before = end
    return None if good == frame.height else (at + seen.starts[good], at + seen.ends[good])


def _gap(data: bytes, start: int, end: int, offset: int, found: Found) -> None:
    if data[start:end].strip(SEPARATORS):
        found.other(offset + start, data[start:end])


def _remainder(data: bytes, at: int, offset: int, seen: Spans, found: Found, *, final: bool) -> int:  # noqa: PLR0913
    """Deal with what stands behind the last whole object."""
    behind = at + _behind(seen)
    if seen.rest is not None:
        end = at + seen.rest
    elif final or not data[behind:].strip(SEPARATORS):
        end = len(data)
    else:
        end = max(behind, data.rfind(b"\n") + 1)
    _gap(data, behind, end, offset, found)
    return end


def _behind(seen: Spans) -> int:
    return seen.ends[-1] if seen.ends else 0
