"""Links the events whose message's lines came in another batch, run or order, from the tables themselves."""

from datetime import datetime, timedelta

import polars as pl

from bouncelake.ingest.settle import domain
from bouncelake.lake import Lake
from bouncelake.linking import KEPT, LINKED, SILENCE, open_ended, relink

_KEY = ("host", "queue_id")
_ROW = ("source", "source_offset", "event_id")
_READ = (*_ROW, "ts", "instance", *_KEY, "direction", *LINKED)


def repair(lake: Lake, first: datetime, last: datetime, networks: pl.Expr) -> int:
    """Link what can now be linked around the time span of new lines; return the number of events that changed.

    An event waits while its opening line, its sender or its parent is not known. There is no list of those: they are
    found in the tables, so a run that was killed is made good by the next.
    """
    reach = timedelta(microseconds=SILENCE)
    since, until = first - reach, last + reach
    links = _links(lake, since, until)
    keys = _waiting(lake, since, until, links)
    if keys.is_empty():
        return 0
    keys = _with_parents(keys, links)
    events = lake.scan("events", since, until).select(_READ).join(keys.lazy(), on=_KEY, how="semi", nulls_equal=True)
    messages = lake.scan("messages", since - reach, until + reach).select(KEPT)
    mine = messages.join(keys.lazy(), on=_KEY, how="semi", nulls_equal=True).collect()
    before = events.collect().sort("ts", "source", "source_offset")
    after = relink(before, mine.sort("ts", "source_offset"), networks)
    changed = after.filter(_improved(before, after))
    if not changed.is_empty():
        _write(lake, changed)
    return changed.height


def _links(lake: Lake, since: datetime, until: datetime) -> pl.DataFrame:
    """Return the pairs of parent and child (`host`, `parent`, `child`)."""
    rows = lake.scan("messages", since, until).select("host", "queue_id", "child_queue_id", "parent_queue_id")
    down = rows.select("host", parent="queue_id", child="child_queue_id")
    up = rows.select("host", parent="parent_queue_id", child="queue_id")
    return pl.concat([down, up]).drop_nulls(["parent", "child"]).unique().collect()


def _waiting(lake: Lake, since: datetime, until: datetime, links: pl.DataFrame) -> pl.DataFrame:
    """Return the keys of events that may now be linked."""
    columns = (*_KEY, "message_key", "sender", "parent_key")
    events = lake.scan("events", since, until).select(columns).filter(pl.col("queue_id").is_not_null()).collect()
    orphans = events.filter(pl.col("parent_key").is_null()).join(
        links, left_on=_KEY, right_on=["host", "child"], how="semi", nulls_equal=True
    )
    return pl.concat([events.filter(open_ended()), orphans]).select(_KEY).unique()


def _with_parents(keys: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    for _ in range(2):
        above = links.join(keys, left_on=["host", "child"], right_on=_KEY, how="semi", nulls_equal=True)
        keys = pl.concat([keys, above.select("host", queue_id="parent")]).unique()
    return keys


def _improved(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """Tell the events that waited and are linked otherwise now; what was complete stays as it is."""
    differs = pl.DataFrame([before[name].ne_missing(after[name]) for name in LINKED]).select(
        pl.any_horizontal(pl.all())
    )
    waited = before.select(open_ended() | pl.col("parent_key").is_null()).to_series()
    worse = ~before["message_key"].str.ends_with("?") & after["message_key"].str.ends_with("?")
    return differs.to_series() & waited & ~worse


def _write(lake: Lake, changed: pl.DataFrame) -> None:
    update = changed.select(*_ROW, *(pl.col(name).alias(f"new_{name}") for name in LINKED), linked=True)
    days = changed["ts"].dt.date().unique().to_list()
    lake.revise("events", days, lambda rows: _revised(rows, update))


def _revised(rows: pl.DataFrame, update: pl.DataFrame) -> pl.DataFrame:
    here = rows.select(_ROW).join(update, on=_ROW, how="left", maintain_order="left")
    if not here["linked"].any():
        return rows
    fresh = [pl.when(here["linked"]).then(here[f"new_{name}"]).otherwise(rows[name]).alias(name) for name in LINKED]
    linked = rows.with_columns(fresh)
    return linked.with_columns(domain(linked["sender"]).alias("sender_domain"))
