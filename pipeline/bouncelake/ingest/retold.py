"""Leaves out of the tables what a later or earlier batch tells again."""

from datetime import datetime, timedelta

import polars as pl

from bouncelake.lake import Lake
from bouncelake.linking import SILENCE, retold

_ROW = ("source", "source_offset", "event_id")
_SERVER = ("remote_host", "remote_ip", "remote_port", "provider")


def without_retold(lake: Lake, first: datetime, last: datetime) -> int:
    """Leave out of the days around new lines what Exim told twice in different batches; return how many rows.

    What a killed run has left is found by the next, as with links.
    """
    reach = timedelta(microseconds=SILENCE)
    scan = lake.scan("events", first - reach, last + reach).filter(pl.col("system") == "exim")
    attempt = pl.col("event") == "attempt"
    since, until = scan.filter(attempt).select(pl.col("ts").min(), until=pl.col("ts").max()).collect().row(0)
    told = pl.col("ts").is_between(since, until + retold.WINDOW) if since is not None else pl.lit(value=False)
    failures = pl.col("event").is_in(["attempt", "deferred", "bounced"]) & told
    refusals = pl.col("host").is_not_null() & (pl.col("direction") != "outbound") & pl.col("attempt_key").is_not_null()
    columns = (*_ROW, *retold.NEEDED, "direction", "attempt_key", "provider")
    return _leave_out(lake, scan.filter(failures | refusals).select(columns).collect())


def _leave_out(lake: Lake, events: pl.DataFrame) -> int:
    gone, servers = retold.retold(events)
    gone = gone | retold.copied(events, "attempt_key")
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
