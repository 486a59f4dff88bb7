"""What is in the lake: how fresh, with which gaps, whose clock is wrong, how much nobody could read."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from bouncelake.doctor.advice import Advice
from bouncelake.lake import Lake

STALE = timedelta(hours=26)
AHEAD = timedelta(minutes=5)
WINDOW = timedelta(days=28)
LEAST_GAP = timedelta(hours=6)
UNUSUAL = 3  # times as long as the longest silence of an ordinary day
FEW = 0.01
MANY = 0.2


def data(lake: Lake, now: datetime) -> Iterator[Advice]:
    """Yield advice on the events and lines of the lake's last four weeks."""
    newest = lake.scan("events").select(pl.col("ts").max()).collect().item()
    if newest is None:
        yield Advice("data", "note", "no event is in the lake yet", "`bouncelake ingest PATH`")
        return
    yield _fresh(newest, now)
    recent = lake.scan("events", newest - WINDOW)
    yield from _gaps(recent)
    yield from _lines(lake)
    yield from _links(recent)


def _fresh(newest: datetime, now: datetime) -> Advice:
    seen = f"the newest event is of {newest:%Y-%m-%d %H:%M} UTC, now is {now:%Y-%m-%d %H:%M} UTC"
    if newest > now + AHEAD:
        return Advice(
            "clock", "fix", seen, "a log host's clock runs ahead, or `zone` is wrong for lines that name none"
        )
    if newest < now - STALE:
        return Advice("clock", "note", seen, "see that `bouncelake ingest` runs: bouncelake.timer, or cron")
    return Advice("clock", "ok", seen)


def _gaps(recent: pl.LazyFrame) -> Iterator[Advice]:
    """Yield the longest silence of each host that is far from what it does on other days."""
    silences = (
        recent.select("host", "ts")
        .sort("host", "ts")
        .with_columns(silence=pl.col("ts").diff().over("host"), day=pl.col("ts").dt.date())
        .drop_nulls("silence")
    )
    daily = silences.group_by("host", "day").agg(pl.col("silence").max(), pl.col("ts").sort_by("silence").last())
    usual = pl.col("silence").median().over("host")
    strange = (pl.col("silence") >= LEAST_GAP) & (pl.col("silence") > UNUSUAL * usual)
    found = daily.filter(strange).sort("silence", descending=True).head(5).collect()
    for host, _, silence, ts in found.rows():
        hours = silence.total_seconds() / 3600
        seen = f"{host} wrote nothing for {hours:,.0f} h before {ts:%Y-%m-%d %H:%M} UTC"
        yield Advice("gaps", "fix", seen, "find the log of that time and ingest it; was the host or its syslog down?")
    if found.is_empty():
        hosts = recent.select(pl.col("host").n_unique()).collect().item()
        yield Advice("gaps", "ok", f"no unusual silence of {hosts} hosts in the last four weeks of the lake")


def _lines(lake: Lake) -> Iterator[Advice]:
    """Yield how many lines nobody could read, and why."""
    lines, refused = lake.scan("runs").select(pl.col("lines", "refused").sum()).collect().row(0)
    reasons = lake.scan("refused").group_by("reason").len().sort("len", descending=True).head(3).collect()
    told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.rows())
    seen = f"{refused or 0:,} of {lines or 0:,} lines could not be read" + f" ({told})" * bool(told)
    if "implausible_time" in reasons["reason"]:
        yield Advice(
            "lines", "fix", seen, "some lines are of another time than now: see that the host's clock is right"
        )
    elif refused > FEW * lines:
        yield Advice("lines", "fix", seen, "`bouncelake query 'SELECT reason, text FROM refused LIMIT 20'`")
    else:
        yield Advice("lines", "ok", seen)


def _links(recent: pl.LazyFrame) -> Iterator[Advice]:
    """Yield how much of the outgoing mail lacks its sender or its sending IP."""
    sent = recent.filter(pl.col("direction") == "outbound", pl.col("event").is_in(["delivered", "deferred", "bounced"]))
    counts = sent.select(
        rows=pl.len(),
        unlinked=pl.col("message_key").str.ends_with("?").sum(),
        nameless=pl.col("local_ip").is_null().sum(),
    )
    rows, unlinked, nameless = counts.collect().row(0)
    if not rows:
        return
    if unlinked > MANY * rows:
        seen = (
            f"{unlinked:,} of {rows:,} deliveries without sender: the line that opened the message is not in the lake"
        )
        yield Advice("links", "note", seen, "ingest the older log as well, and all logs of the host")
    if nameless > MANY * rows:
        seen = f"{nameless:,} of {rows:,} deliveries without our sending IP"
        yield Advice("links", "note", seen, "name it in `[addresses]`, by syslog_name or host; reports by IP need it")
