"""Finds a message by what is known of it, and tells all that the lake holds about it."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from bouncelake.lake import Lake
from bouncelake.trace.family import Family
from bouncelake.trace.logs import read_back
from bouncelake.trace.search import about
from bouncelake.trace.steps import steps

LEAST_WAY = ["message_key", "host", "queue_id", "ts", "message_id"]


@dataclass(frozen=True, slots=True)
class Span:
    """The time to look at, `since <= ts < until`; all of it where an end is null."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of the newest messages found, in the order of time, and how many messages were found in all.

    `steps` has one row per line and event: `ts`, `system`, `host`, `service`, `queue_id`, `message_key`, `parent_key`,
    `what`, `recipient`, `says`, where it stands (`source_name`, `source_offset`), and the log's own `line`, with the
    file it was found in (`log`) and how that went (`found`).
    """

    term: str
    messages: int
    shown: int
    steps: pl.DataFrame


def trace(lake: Lake, term: str, span: Span | None = None, most: int = 10) -> Story:
    """Return the story of at most so many messages that have this id, Message-ID, address or domain; else no steps."""
    wanted = span or Span()
    hits = _hits(lake, term, wanted)
    messages = hits.group_by("message_key").agg(pl.col("ts").max()).sort("ts", "message_key", descending=True)
    chosen = messages.head(most)
    if chosen.is_empty():
        return Story(term, 0, 0, _read(lake, steps(*_nothing(lake))))
    mine = hits.filter(pl.col("message_key").is_in(chosen["message_key"].implode(), nulls_equal=True))
    family = Family(lake, hops=messages.height <= most)
    first, last = mine.select(pl.col("ts").min(), end=pl.col("ts").max()).row(0)
    ids = mine.select("host", "queue_id").drop_nulls("queue_id").unique()
    events, lines = family.of(set(mine["message_key"].drop_nulls()), ids, (first, last))
    keyless = _keyless(lake, term, wanted, chosen)
    return Story(term, messages.height, chosen.height, _read(lake, steps(pl.concat([events, keyless]), lines)))


def _hits(lake: Lake, term: str, span: Span) -> pl.DataFrame:
    """Return message key, ids and time of what names the term; message lines get the key that linking gives them."""
    found = []
    for table in ("events", "messages"):
        rows = lake.scan(table, span.since, span.until)
        columns = rows.collect_schema().names()
        hits = rows.filter(about(term, columns)).select(name for name in (*LEAST_WAY, "instance") if name in columns)
        found.append(hits.collect(engine="streaming"))
    events, lines = found
    return pl.concat([events, _with_keys(lake, lines)], how="diagonal")


def _with_keys(lake: Lake, lines: pl.DataFrame) -> pl.DataFrame:
    if lines.is_empty():
        return lines
    first, last = lines.select(pl.col("ts").min(), end=pl.col("ts").max()).row(0)
    ids = lines.select("host", "queue_id").unique()
    whole = Family(lake, hops=False).lines(ids, (first, last))
    mine = whole.join(lines, on=["host", "queue_id", "ts"], how="semi")
    return mine.select(LEAST_WAY).unique()


def _keyless(lake: Lake, term: str, span: Span, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return the events that belong to no message, such as a client refused before it could send one."""
    rows = lake.scan("events", span.since, span.until)
    if chosen["message_key"].null_count() == 0:
        return rows.head(0).collect()
    named = about(term, rows.collect_schema().names()) & pl.col("message_key").is_null()
    return rows.filter(named).sort("ts").tail(100).collect(engine="streaming")


def _nothing(lake: Lake) -> tuple[pl.DataFrame, pl.DataFrame]:
    lines = lake.scan("messages").head(0).collect()
    return lake.scan("events").head(0).collect(), lines.with_columns(message_key=pl.lit(None, pl.String))


def _read(lake: Lake, told: pl.DataFrame) -> pl.DataFrame:
    """Return the steps with the log's own lines."""
    heads = dict(lake.sources().select("source", "heads").rows()) if not told.is_empty() else {}
    found = read_back(told, heads)
    on = ["source", "source_offset"]
    return told.join(found, on=on, how="left", maintain_order="left").drop("source", "line_id", "vendor_event_id")
