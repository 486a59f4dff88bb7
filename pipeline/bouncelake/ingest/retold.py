"""Leaves out of the tables what a later or earlier batch tells again."""

from datetime import datetime

import polars as pl

from bouncelake.lake import Lake
from bouncelake.linking import retold

_ROW = ("source", "source_offset", "event_id")
_SERVER = ("remote_host", "remote_ip", "remote_port", "provider")


def without_retold(lake: Lake, first: datetime, last: datetime) -> int:
    """Leave out attempts around the time span of new lines that a recipient's line tells again; return how many."""
    mine = (pl.col("system") == "exim") & pl.col("event").is_in(["attempt", "deferred", "bounced"])
    scan = lake.scan("events", first - retold.WINDOW, last + retold.WINDOW).filter(mine)
    events = scan.select(*_ROW, *retold.NEEDED, "provider").collect()
    gone, servers = retold.retold(events)
    if not gone.any():
        return 0
    named = servers["remote_ip"].is_not_null() | gone
    change = events.select(_ROW).hstack(servers).with_columns(gone=gone, days=events["ts"].dt.date()).filter(named)
    providers = events.select("remote_host", "provider").drop_nulls().unique("remote_host")
    change = change.join(providers, on="remote_host", how="left", maintain_order="left")
    lake.revise("events", change["days"].unique().to_list(), lambda rows: _revised(rows, change.drop("days")))
    return int(gone.sum())


def _revised(rows: pl.DataFrame, change: pl.DataFrame) -> pl.DataFrame:
    renamed = change.rename({name: f"new_{name}" for name in _SERVER})
    here = rows.select(_ROW).join(renamed, on=_ROW, how="left", maintain_order="left")
    if not here["gone"].is_not_null().any():
        return rows
    fresh = (pl.coalesce(here[f"new_{name}"], rows[name]).alias(name) for name in _SERVER)
    return rows.with_columns(fresh).filter(~here["gone"].fill_null(value=False))
