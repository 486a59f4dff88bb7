"""Exim, versions 4.72 to 4.99: what each line of its main, reject and syslog log says.

The token after the message id decides what a line is; the same characters inside replies and subjects do not. What a
line does not say stays null.
"""

from collections.abc import Callable, Iterator
from functools import partial

import polars as pl

from bouncelake.parsers import Facts
from bouncelake.parsers.exim import arrivals, deliveries, failures, grammar, rejects
from bouncelake.parsers.exim.part import EVENT, MESSAGE, Part, joined

HINT = (
    r" <= | => | -> | >> | \*> | == | \*\* | \(= | Completed|rejected| H=|or failed for| cwd=|refused|dropped|discarded"
    r"|error from remote|error after|SMTP timeout|reset by peer|timed out|No route to"
)

_TAG = r"^exim[^/]*$"
_TEXT = rf"^{grammar.ID} (?:<= .* (?:P=|S=)|(?:=>|->|==|\*\*) [^ ]+ .*(?:R=|T=|defer|: )|Completed$)"
_INNER = r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:\.[0-9]{3})?(?: [+-][0-9]{4})? )?(?:\[[0-9]+\] )?"
_HAS_INNER = r"^(?:\[|[0-9]{4}-[0-9]{2}-[0-9]{2} )"

_Reader = Callable[[pl.DataFrame], Part]

_FLAGS: tuple[tuple[tuple[str, ...], _Reader], ...] = (
    (("<=", "(="), arrivals.read),
    (("=>", "->", ">>", "*>"), deliveries.delivered),
    (("==",), failures.deferred),
    (("**",), failures.failed),
    (("Completed",), arrivals.removed),
)
_OTHERS: tuple[tuple[str, _Reader], ...] = (
    *((mask, partial(rejects.read, reader=reader)) for mask, reader in rejects.READERS),
    (failures.ATTEMPT, failures.attempts),
)
_BASE = ("offset", "copy", "ts", "host", "line")
_LONGEST_QUEUE = 90 * 86400


def sniff() -> pl.Expr:
    """Tell which records Exim wrote: by the tag, or by the text where the tag is the site's own name."""
    by_tag = pl.col("tag").str.contains(_TAG).fill_null(value=False)
    return by_tag | pl.col("text").str.contains(_TEXT).fill_null(value=False)


def parse(records: pl.DataFrame) -> Facts:
    """Read Exim's records; the result keeps their order.

    Events have one more column than their table, `attempt`: what makes one remote reply one, whatever the number of
    recipients that it answered (queue id, server, second and reply; the host is not in it). It is null where no server
    answered anything new; for a refusal of our own that came by syslog it is pid and text.
    """
    records = _prepared(records)
    parts = [read(some) for some, read in _sorted(records)]
    events = joined([part.events for part in parts], EVENT)
    facts = joined([part.messages for part in parts], MESSAGE)
    bad = pl.concat([records["row"].clear(), *(part.bad for part in parts)]).sort()
    return Facts(_events(records, events), _messages(records, facts), _refused(records, bad))


def _prepared(records: pl.DataFrame) -> pl.DataFrame:
    """Number the records, take off what syslog left of Exim's own stamp, and part the message id from the rest."""
    records = records.with_columns(
        body=pl.col("text").str.strip_chars_start(" "), script_dir=pl.lit(None, pl.String)
    ).with_row_index("row")
    if records["body"].str.contains("#011", literal=True).any():
        # Only a syslog daemon writes a tab so; it is Exim's only control character.
        records = records.with_columns(pl.col("body").str.replace_all("#011", "\t", literal=True))
    if records["body"].str.contains("\n", literal=True).any():
        halves = pl.col("body").str.splitn("\n", 2).struct.rename_fields(["body", "script_dir"])
        records = records.with_columns(halves.struct.unnest())
    inner = records["body"].str.contains(_HAS_INNER)
    if inner.any():
        records = records.with_columns(
            pl.when(inner).then(pl.col("body").str.replace(_INNER, "")).otherwise("body").alias("body")
        )
    words = pl.col("body").str.splitn(" ", 3).struct.rename_fields(["queue_id", "flag", "rest"])
    return records.with_columns(words.struct.unnest())


def _sorted(records: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, _Reader]]:
    """Give each reader its lines; those that are left over at the end are context."""
    has_id = records["queue_id"].str.contains(rf"^{grammar.ID}$")
    flags = [flag for words, _ in _FLAGS for flag in words]
    numbers = [number for number, (words, _) in enumerate(_FLAGS, 1) for _ in words]
    kind = pl.col("flag").replace_strict(flags, numbers, default=0, return_dtype=pl.UInt8)
    lines = records.select(
        "row", "ts", "script_dir", "flag", "rest", "body",
        queue_id=pl.when(has_id).then("queue_id"), kind=pl.when(has_id).then(kind).otherwise(0),
    )  # fmt: skip
    for number, (_, read) in enumerate(_FLAGS, 1):
        mine = lines.filter(pl.col("kind") == number)
        if not mine.is_empty():
            yield mine, read
    after = pl.col("body").str.slice(pl.col("queue_id").str.len_chars().fill_null(-1) + 1)
    rest = lines.filter(pl.col("kind") == 0).with_columns(body=after)
    for mask, read in _OTHERS:
        fits = rest["body"].str.contains(mask)
        if fits.any():
            yield rest.filter(fits), read
            rest = rest.filter(~fits)


def _events(records: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    key = pl.concat_str(
        pl.col("queue_id", "remote_host", "remote_ip").fill_null(""),
        pl.col("ts").dt.epoch("s").cast(pl.String),
        "reply",
        separator=" ",
    )
    answered = (pl.col("reply_by") == "remote") & (pl.col("event") != "suspended") & (pl.col("direction") != "inbound")
    own = pl.col("host").is_not_null() & pl.col("source_event").is_in(rejects.WORDS)
    spoken = pl.concat_str(pl.col("pid").fill_null(""), "body", separator=" ")
    told = records.select(*_BASE, "pid", "body", instance="tag")[events["row"]].hstack(events.drop("row"))
    told = told.with_columns(
        system=pl.lit("exim"),
        asynchronous=pl.lit(value=False),
        attempt=pl.when(own).then(spoken).when(answered).then(key),
    ).drop("pid", "body")
    return told.with_columns(_delay(told))


def _delay(events: pl.DataFrame) -> pl.Series:
    """Return the time in the queue: as logged, else since the arrival that the message id tells."""
    outcome = pl.col("event").is_in(["delivered", "accepted", "deferred", "bounced", "expired", "suspended", "attempt"])
    ms = (pl.col("ts") - pl.lit(grammar.arrivals(events["queue_id"]))).dt.total_milliseconds()
    # A division rounds by the length of the column.
    since = ms // 1000 + (ms % 1000) * 0.001
    sane = since.is_between(-1, _LONGEST_QUEUE) & outcome
    return events.select(pl.coalesce("delay", pl.when(sane).then(since.clip(lower_bound=0)))).to_series().alias("delay")


def _messages(records: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    told = records.select(*_BASE, instance="tag")[facts["row"]].hstack(facts.drop("row"))
    return told.with_columns(system=pl.lit("exim"), service=pl.lit(None, pl.String))


def _refused(records: pl.DataFrame, bad: pl.Series) -> pl.DataFrame:
    return records.select("offset", "copy", "ts", "line")[bad].with_columns(reason=pl.lit("bad_record"))
