"""Reads from the lake only the rows and columns that a report needs, once, into memory.

Most mail is plain: one delivery and nothing else to tell. A report that says so in its header (`-- rows: troubled`)
gets such mail as counts, in the view `plain`, and all other events as the table `events`. One that looks at refusals
only (`-- rows: refused`) gets no others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from bouncelake.reports.period import Period
from bouncelake.sandbox.headers import SqlFile
from bouncelake.schema import EVENTS

CORE = frozenset(
    ("ts", "source_offset", "direction", "origin", "message_key", "attempt_key", "event", "final", "asynchronous",
     "recipient", "recipient_domain", "provider", "delay", "reply_by", "reply_code", "reply_enhanced", "category")
)  # fmt: skip
"""Columns that the views themselves look at."""
GROUPS = ("provider", "recipient_domain", "local_ip", "local_ip_from", "sender_domain", "sasl_user", "local_user",
          "script_dir")  # fmt: skip
FILTERS = {"provider": "provider", "domain": "recipient_domain", "ip": "local_ip", "sender_domain": "sender_domain"}
GRAINS = {"hour": "1h", "day": "1d", "week": "1w", "month": "1mo"}
_COMMENT = re.compile(r"--[^\n]*|'[^'\n]*'")
_FILTER = re.compile(r"\(parameters\.\w+ IS NULL OR \w+\.\w+ = parameters\.\w+\)")
_READ = re.compile(r"\b(?:figures|plain)\.(\w+)")
_OUTBOUND = pl.col("direction") == "outbound"
_ALONE = _OUTBOUND & (pl.col("event") == "delivered") & pl.col("origin").ne_missing("null_sender") & pl.col(
    "recipient_domain"
).is_not_null()  # fmt: skip
_REFUSED = (
    _OUTBOUND
    & pl.col("event").is_in(["attempt", "deferred", "bounced"])
    & (pl.col("reply_by") == "remote")
    & (
        pl.col("reply_code").is_between(400, 599)
        | (pl.col("reply_code").is_null() & pl.col("reply_enhanced").str.contains("^[45]"))
    )
)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a report reads: its events, and the counts of its plain mail."""

    events: pl.DataFrame
    plain: pl.DataFrame


def load(report: SqlFile, files: Sequence[str], period: Period, asked: Mapping[str, str]) -> Rows:
    """Return the rows for a report whose header says which ones it needs; columns that it does not name are null."""
    start = period.reaching(report.history)
    lake = _scan(files).filter(pl.col("ts").is_between(pl.lit(start), pl.lit(period.until), closed="left"))
    if report.rows[0] == "refused":
        return Rows(_refused(lake, report), _no_plain())
    twice = _twice(lake)
    rest = lake.filter(~_ALONE.fill_null(value=False) | pl.col("message_key").hash().is_in(twice.implode()))
    events = rest.select(_needed(report)).collect(engine="streaming")
    return Rows(events, _plain(lake, events, report, period, asked))


def _scan(files: Sequence[str]) -> pl.LazyFrame:
    stored = {name: dtype for name, dtype in EVENTS.polars().items() if name != "day"}
    if not files:
        return pl.LazyFrame(schema=stored)
    return pl.scan_parquet(
        list(files),
        glob=False,
        hive_partitioning=False,
        schema=stored,
        missing_columns="insert",
        extra_columns="ignore",
    )


def _words(sql: str) -> set[str]:
    """Return the names in SQL, its comments left out."""
    return set(re.findall(r"\w+", _COMMENT.sub("", sql)))


def _needed(report: SqlFile) -> list[str]:
    words = _words(report.sql)
    return [name for name in EVENTS.polars() if name != "day" and (name in CORE or name in words)]


def _refused(lake: pl.LazyFrame, report: SqlFile) -> pl.DataFrame:
    """Return the refusals, and the other rows of messages that were refused without a word of the recipient."""
    names = _needed(report)
    refused = lake.filter(_REFUSED).select(names).collect(engine="streaming")
    nameless = refused.filter(pl.col("recipient").is_null())["message_key"].drop_nulls().unique()
    if nameless.is_empty():
        return refused
    beside = lake.filter(~_REFUSED.fill_null(value=False) & pl.col("message_key").is_in(nameless.implode()))
    return pl.concat([refused, beside.select(names).collect(engine="streaming")])


def _twice(lake: pl.LazyFrame) -> pl.Series:
    """Return the hashes of the message keys that occur more than once."""
    key = pl.col("message_key")
    keys = lake.filter(key.is_not_null()).select(key.hash()).collect(engine="streaming").to_series().sort()
    return keys.filter((keys == keys.shift()).fill_null(value=False)).unique()


def _plain(
    lake: pl.LazyFrame, events: pl.DataFrame, report: SqlFile, period: Period, asked: Mapping[str, str]
) -> pl.DataFrame:
    """Count the plain mail: all that was delivered at once, less what is among the events."""
    chosen = {FILTERS[name]: value for name, value in asked.items() if name in FILTERS}
    groups = [name for name in _groups(report.sql) if name not in chosen]
    slot = _slot(report, period, asked)
    mine = pl.all_horizontal(_ALONE, *(pl.col(name) == value for name, value in chosen.items()))
    counts = [
        rows.filter(mine).group_by(*groups, inside=pl.col("ts") >= period.since, slot=slot)
        .agg(pl.col("ts").min(), plain=pl.len().cast(pl.Int64) * sign)
        for rows, sign in ((lake, 1), (events.lazy(), -1))
    ]  # fmt: skip
    both = pl.concat(counts).group_by(*groups, "inside", "slot").agg(pl.col("ts").min(), pl.col("plain").sum())
    left = both.filter(pl.col("plain") > 0).with_columns(pl.lit(value).alias(name) for name, value in chosen.items())
    told = left.collect(engine="streaming")
    missing = [name for name in GROUPS if name not in told.columns]
    return told.with_columns(pl.lit(None, pl.String).alias(name) for name in missing).select(_no_plain().columns)


def _groups(sql: str) -> list[str]:
    """Return the columns of plain mail that the SQL looks at beside the tests of its parameters."""
    text = _FILTER.sub("", sql)
    names = _words(text) if "figures.*" in text else set(_READ.findall(text))
    return [name for name in GROUPS if name in names]


def _slot(report: SqlFile, period: Period, asked: Mapping[str, str]) -> pl.Expr:
    """Return the start of the time that mail is counted by: one for all, or as long as the report's rows are."""
    if len(report.rows) < 2:
        return pl.lit(0)
    grain = asked.get("by", "day") if report.rows[1] == "by" else report.rows[1]
    return pl.col("ts").dt.convert_time_zone(period.zone.key).dt.truncate(GRAINS[grain])


def _no_plain() -> pl.DataFrame:
    names = {name: pl.String() for name in GROUPS}
    return pl.DataFrame(schema={"ts": EVENTS.polars()["ts"], **names, "plain": pl.Int64()})
