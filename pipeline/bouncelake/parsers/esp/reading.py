"""Reads values: each provider takes its own, wrappers are taken off the rest, until nothing is left to take off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, FOREIGN, ROW
from bouncelake.values import decode, doubled, elements, form, peel, valid

DEPTH = 6
"""Wrappers within one another that are taken off."""
_TEST = "Successfully validated SNS topic for Amazon SES event publishing."

_LEAF = pl.Schema({"n": pl.UInt32(), "offset": pl.Int64(), "text": pl.String()})
ROWS = pl.Schema(ROW | {"offset": pl.Int64(), "system": pl.String()})
REFUSED = pl.Schema({"offset": pl.Int64(), "text": pl.String(), "reason": pl.String()})


@dataclass(slots=True)
class Told:
    """What values say: rows of events, what could not be read, and how many values of each kind there were.

    Args:
        rows: `ROWS`, in any order; one value may yield several.
        refused: `offset`, `text`, `reason`.
        events: How many values told an event.
        context: How many told something else of a provider, or hold nothing.
        foreign: How many are about mail that came in.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame
    events: int = 0
    context: int = 0
    foreign: int = 0


@dataclass(slots=True)
class _Gathered:
    rows: list[pl.DataFrame] = field(default_factory=list)
    refused: list[pl.DataFrame] = field(default_factory=list)
    context: int = 0
    foreign: int = 0
    count: int = 0


def read(values: pl.DataFrame, others: pl.DataFrame, providers: Mapping[str, ModuleType]) -> Told:
    """Read JSON objects (`offset`, `text`, every text valid), and texts that may be form bodies (the same)."""
    found = _Gathered()
    pending = values if others.is_empty() else pl.concat([values, _inside(others, found)])
    for _ in range(DEPTH):
        pending = _peeled(_claim(pending, providers, found), found)
        if pending.is_empty():
            break
    _refuse(_claim(pending, providers, found), "too_deep", found)
    return _told(found)


def claimed(values: pl.DataFrame, others: pl.DataFrame, providers: Mapping[str, ModuleType]) -> bool:
    """Tell whether any of the values is a provider's."""
    told = read(values, others, providers)
    return bool(
        told.events
        or told.context
        or told.foreign
        or told.refused["reason"].is_in(["bad_event", "bad_time", "no_recipient"]).any()
    )


def _claim(values: pl.DataFrame, providers: Mapping[str, ModuleType], found: _Gathered) -> pl.DataFrame:
    """Give each provider its values, and return those that no one takes."""
    rest = values.select("offset", "text")
    for name, module in providers.items():
        if rest.is_empty():
            return rest
        marked = rest["text"].str.contains(module.MARK)
        if not marked.any():
            continue
        candidates = rest if marked.all() else rest.filter(marked)
        fields = module.prepare(decode(candidates["text"], module.SHAPE).hstack([candidates["text"]]))
        mine = fields.select(module.claims().fill_null(value=False)).to_series()
        if mine.all():
            _take(name, module, candidates, fields, found)
            rest = rest.clear() if marked.all() else rest.filter(~marked)
            continue
        _take(name, module, candidates.filter(mine), fields.filter(mine), found)
        rest = pl.concat([rest.filter(~marked), candidates.filter(~mine)])
    return rest


def _take(name: str, module: ModuleType, values: pl.DataFrame, fields: pl.DataFrame, found: _Gathered) -> None:
    """Let a provider read its values; refuse those with a field twice, and those that yield no row."""
    twice = doubled(values["text"], module.KEYS)
    if twice.any():
        _refuse(values.filter(twice), "duplicate_key", found)
        values, fields = values.filter(~twice), fields.filter(~twice)
    leaves = pl.int_range(found.count, found.count + values.height, dtype=pl.UInt32, eager=True).alias("n")
    found.count += values.height
    rows = module.read(fields.with_columns(leaves))
    offsets = values["offset"].gather(rows["n"] - (found.count - values.height))
    rows = rows.with_columns(offsets, system=pl.lit(name))
    values = values.with_columns(leaves)
    silent = rows.filter(pl.col("event").is_in([CONTEXT, FOREIGN])).select("n", "event").unique("n")
    if not silent.is_empty():
        found.context += silent.filter(pl.col("event") == CONTEXT).height
        found.foreign += silent.filter(pl.col("event") == FOREIGN).height
        rows = rows.join(silent, on="n", how="anti", maintain_order="left")
    found.rows.append(_complete(rows, values, found).select(ROWS.names()))


def _complete(rows: pl.DataFrame, values: pl.DataFrame, found: _Gathered) -> pl.DataFrame:
    """Refuse the values that lack what their event needs: a time, and mostly a recipient."""
    reason = (
        pl.when(pl.col("event").is_null()).then(pl.lit("bad_event"))
        .when(pl.col("ts").is_null()).then(pl.lit("bad_time"))
        .when(pl.col("recipient").is_null() & ~pl.col("alone").fill_null(value=False)).then(pl.lit("no_recipient"))
    )  # fmt: skip
    lacking = rows.select("n", reason=reason).drop_nulls("reason").unique("n", keep="first")
    if lacking.is_empty():
        return rows
    refused = values.join(lacking, on="n", how="inner")
    found.refused.append(refused.select(REFUSED.names()))
    return rows.join(lacking, on="n", how="anti", maintain_order="left")


def _peeled(values: pl.DataFrame, found: _Gathered) -> pl.DataFrame:
    """Take one wrapper off each value; refuse those that have none."""
    if values.is_empty():
        return values
    frame = values.hstack(peel(values["text"]))
    control = frame["control"]
    found.context += int(control.sum())
    bare = ~control & frame["inner"].is_null()
    _refuse(frame.filter(bare), "unknown_shape", found)
    wrapped = frame.filter(~control & ~bare).select("offset", "inner")
    inner = wrapped.explode("inner").rename({"inner": "text"})
    return _inside(inner, found)


def _inside(texts: pl.DataFrame, found: _Gathered) -> pl.DataFrame:
    """Return the objects in texts of any kind (`offset`, `text`): arrays are taken apart, forms made to objects."""
    rest = texts.select("offset", pl.col("text").str.strip_chars())
    begun = rest["text"].str.contains(r"^[{\[]").fill_null(value=False)
    if not begun.all():
        forms = _formed(rest.filter(~begun), found)
        rest = pl.concat([rest.filter(begun), forms])
    good = valid(rest["text"])
    _refuse(rest.filter(~good), "bad_json", found)
    rest = rest.filter(good)
    many = rest["text"].str.starts_with("[")
    if not many.any():
        return rest
    arrays = rest.filter(many)
    parts = arrays.with_columns(elements(arrays["text"]).alias("text"))
    found.context += int((parts["text"].list.len() == 0).sum())
    inner = parts.filter(pl.col("text").list.len() > 0).explode("text")
    single = rest.filter(~many)
    return pl.concat([single, inner if inner.is_empty() else _inside(inner, found)])


def _formed(texts: pl.DataFrame, found: _Gathered) -> pl.DataFrame:
    """Return the JSON of form bodies; count what AWS writes as a test, refuse the rest."""
    test = texts["text"].eq_missing(_TEST)
    found.context += int(test.sum())
    texts = texts.filter(~test)
    # One by one: no provider that posts forms sends them in mass.
    made = pl.Series("json", [None if text is None else form(text) for text in texts["text"]], dtype=pl.String)
    _refuse(texts.filter(made.is_null()), "not_json", found)
    return texts.select("offset", text=made).drop_nulls("text")


def _refuse(values: pl.DataFrame, reason: str, found: _Gathered) -> None:
    if not values.is_empty():
        found.refused.append(values.select("offset", "text", reason=pl.lit(reason)))


def _told(found: _Gathered) -> Told:
    rows = found.rows[0] if len(found.rows) == 1 else pl.concat([ROWS.to_frame(), *found.rows])
    refused = pl.concat([REFUSED.to_frame(), *found.refused]).sort("offset", maintain_order=True)
    return Told(rows, refused, rows["n"].n_unique(), found.context, found.foreign)
