"""Makes findings of what has stopped: a provider, the deliveries of a host, the lines of a host."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from bouncelake.reports.wording import age, spoken
from bouncelake.watch import queries
from bouncelake.watch.books import Books
from bouncelake.watch.finding import Finding
from bouncelake.watch.stopped import Stop, stopped
from bouncelake.watch.windows import Silence
from bouncelake.watch.wording import Words

PAST = timedelta(days=8)
LOOK = (
    "Look whether the host runs and whether its mail log still reaches bouncelake (rotation, path, rights of the"
    " ingest job)."
)
QUEUE = "Look at the queue (`postqueue -p`, `exim -bp`) and at the mail log of this host."
ROUTE = (
    "Look at the queue for this provider, at DNS and routes to its servers, and at changes to transports or to who"
    " sends there."
)


def stops(books: Books, words: Words) -> list[Finding]:
    """Return the findings on providers and hosts that get or make no more deliveries."""
    delivered, lines = books.frame("delivered"), _lines(books)
    found = stopped(delivered, lines, books.ask)
    causes = _causes(books, [stop for stop in found if stop.receiver])
    return [_stop(books, words, stop, causes.get(stop.receiver or "", {})) for stop in found]


def silences(books: Books, words: Words) -> list[Finding]:
    """Return the findings on hosts that write no more."""
    return [_silence(one, words) for one in books.windows.silent]


def _lines(books: Books) -> pl.DataFrame:
    """Return in which hours, counted back from its own end, each host wrote."""
    ends = books.windows.hosts.select("host", end=pl.col("until").dt.epoch("s") // 3600)
    hour = (pl.col("end") - pl.col("hour")).cast(pl.Int32)
    return books.hours.join(ends, on="host").select("host", hour=hour).unique()


def _causes(books: Books, found: Sequence[Stop]) -> dict[str, dict[str, Any]]:
    if not found:
        return {}
    schema = {"receiver": pl.String(), "since": pl.Datetime("us", "UTC")}
    gaps = pl.DataFrame([{"receiver": stop.receiver, "since": stop.since} for stop in found], schema=schema)
    return {row["receiver"]: row for row in books.frame("unanswered", gaps=gaps).to_dicts()}


def _stop(books: Books, words: Words, stop: Stop, cause: Mapping[str, Any]) -> Finding:
    what = f"to {words.name(stop.receiver)}" if stop.receiver else f"by {stop.host}"
    gap = age(books.windows.until - stop.since)
    sentence = (
        f"Nothing was delivered {what} since {words.local(stop.since)} ({gap}): usual are"
        f" {stop.usual:,} recipients in these hours, never fewer than {stop.fewest:,}."
    )
    sql = queries.deliveries(stop.receiver, stop.host, books.windows.until, PAST)
    remedy = str(cause.get("remedy") or (ROUTE if stop.receiver else QUEUE))
    facts = [("tried", _tried(cause)), ("reply", cause.get("reply") or ""), ("do", remedy)]
    scope = {"receiver": stop.receiver} if stop.receiver else {"host": stop.host or ""}
    return Finding(
        kind="stopped", label="ACT NOW", tone="bad", severity=5, scope=scope, topic="stopped",
        reasons=(), since=stop.since, last=books.windows.until, refused=0, answered=stop.usual, usual=None,
        chance=stop.chance, sentence=sentence, reply=cause.get("reply"), remedy=remedy, query=sql,
        facts=[*((label, value) for label, value in facts if value), ("query", queries.command(sql))],
    )  # fmt: skip


def _tried(cause: Mapping[str, Any]) -> str:
    if not cause:
        return "nothing was sent there: the logs tell of no try since then"
    reason = spoken(cause["reason"]) if cause.get("reason") else "no reason given"
    return f"{cause['tried']:,} recipients waited or failed since then, mostly: {reason}"


def _silence(one: Silence, words: Words) -> Finding:
    lag = age(one.until - one.last)
    sentence = (
        f"No lines from {one.host} since {words.local(one.last)} ({lag}), while other logs go on: it wrote every day,"
        f" with at most {age(one.longest)} between two lines."
    )
    sql = queries.lines(one)
    return Finding(
        kind="silent", label="ACT TODAY", tone="warn", severity=4, scope={"host": one.host}, topic="silent",
        reasons=(), since=one.last, last=one.until, refused=0, answered=0, usual=None, chance=None,
        sentence=sentence, reply=None, remedy=LOOK, query=sql,
        facts=[("do", LOOK), ("query", queries.command(sql))],
    )  # fmt: skip
