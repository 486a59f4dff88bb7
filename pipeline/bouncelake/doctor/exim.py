"""What Exim's logs tell and what they leave out: the selector that would fill each empty column, and the zone."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from bouncelake.doctor.advice import Advice
from bouncelake.lake import Lake
from bouncelake.parsers.exim.grammar import arrivals

WINDOW = timedelta(days=28)
SOME = 0.5
"""A column that is filled in fewer than this share of the lines that could fill it lacks its selector."""
OFF = timedelta(minutes=10)

_OUT = (pl.col("direction") == "outbound") & pl.col("remote_ip").is_not_null()
_SENT = _OUT & (pl.col("event") == "delivered")
_ARRIVED = pl.col("message_key").str.ends_with("?").not_()
_BY_SCRIPT = pl.col("local_user").is_not_null() & (pl.col("origin") == "local")

_ASKED: tuple[tuple[str, str, pl.Expr, pl.Expr], ...] = (
    ("our sending IP", "+incoming_interface +outgoing_interface", _OUT, pl.col("local_ip_from") == "log"),
    ("the receiver's port", "+outgoing_port", _OUT, pl.col("remote_port").is_not_null()),
    ("fractions of seconds", "+millisec", pl.col("event").is_not_null(), pl.col("ts").dt.microsecond() != 0),
    ("the receiver's answer", "+smtp_confirmation", _SENT, pl.col("reply").is_not_null()),
    ("the cipher", "+tls_cipher", _SENT, pl.col("tls").is_not_null()),
    ("the Message-ID", "+msg_id", _OUT & _ARRIVED, pl.col("message_id").is_not_null()),
    ("the sender without the line of arrival", "+sender_on_delivery", _OUT & ~_ARRIVED, pl.col("sender").is_not_null()),
    ("the sending script's directory", "+arguments +pid", _BY_SCRIPT, pl.col("script_dir").is_not_null()),
)
"""What reports use, the selectors that log it, the events that could have it, and whether one does."""


def exim(lake: Lake) -> Iterator[Advice]:
    """Yield advice on the log selectors and the zone of Exim's lines of the last four weeks; nothing without Exim."""
    events = lake.scan("events").filter(pl.col("system") == "exim")
    newest = events.select(pl.col("ts").max()).collect().item()
    if newest is None:
        return
    yield from _selectors(events.filter(pl.col("ts") >= newest - WINDOW))
    yield from _zone(lake.scan("messages", newest - WINDOW))


def _selectors(events: pl.LazyFrame) -> Iterator[Advice]:
    counts = events.select(
        *((could & has).sum().alias(f"has {n}") for n, (_, _, could, has) in enumerate(_ASKED)),
        *(could.sum().alias(f"of {n}") for n, (_, _, could, _) in enumerate(_ASKED)),
    )
    row = counts.collect().row(0, named=True)
    asked = [(what, word, row[f"has {n}"] or 0, row[f"of {n}"] or 0) for n, (what, word, _, _) in enumerate(_ASKED)]
    missing = [one for one in asked if one[2] < SOME * one[3]]
    full = [what for what, _, has, could in asked if could and has >= SOME * could]
    if full:
        yield Advice("exim", "ok", f"Exim logs {', '.join(full)}")
    if missing:
        told = ", ".join(f"{what} ({has:,} of {could:,})" for what, _, has, could in missing)
        words = " ".join(word for _, word, _, _ in missing)
        yield Advice("exim", "note", f"Exim does not log {told}", f"in Exim's configuration: log_selector = {words}")


def _zone(messages: pl.LazyFrame) -> Iterator[Advice]:
    """Compare the time of arrivals with the one in their ids, which is UTC whatever the log's zone."""
    arrived = (
        messages.filter(pl.col("system") == "exim", pl.col("kind").is_in(["client", "pickup"]))
        .select("ts", "queue_id", "host")
        .tail(10_000)
        .collect()
    )
    gaps = arrived.with_columns(gap=pl.col("ts") - arrivals(arrived["queue_id"]))
    for host, gap in gaps.group_by("host").agg(pl.col("gap").median()).sort("host").rows():
        if gap is not None and OFF < abs(gap) < timedelta(days=1):
            hours = gap.total_seconds() / 3600
            seen = f"{host or 'the log'}: Exim's lines are {hours:+.2f} h off the time in their message ids"
            yield Advice(
                "zone", "fix", seen, "name the log's zone (`zone` or --zone), then `bouncelake ingest --reread`"
            )
