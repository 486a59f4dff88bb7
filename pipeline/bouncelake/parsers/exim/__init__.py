"""Exim, versions 4.72 to 4.99: what each line of its main, reject and syslog log says.

The token after the message id decides what a line is; the same characters inside replies and subjects do not. What a
line does not say stays null.
"""

from collections.abc import Callable, Iterator

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

_ARRIVED, _DELIVERED, _FAILED, _COMPLETED = 1, 2, 3, 4
_FLAGS = {
    **dict.fromkeys(("<=", "(="), _ARRIVED),
    **dict.fromkeys(("=>", "->", ">>", "*>"), _DELIVERED),
    **dict.fromkeys((failures.DEFERRED, failures.FAILED), _FAILED),
    "Completed": _COMPLETED,
}
_READERS: tuple[tuple[int, _Reader], ...] = (
    (_ARRIVED, arrivals.read),
    (_DELIVERED, deliveries.delivered),
    (_COMPLETED, arrivals.removed),
)
_BASE = ("offset", "copy", "ts", "host", "line")
_LONGEST_QUEUE = 90 * 86400

# Only a syslog daemon writes a tab so; it is Exim's only control character.
_TAB = "#011"
_BODY = pl.col("text").str.strip_chars_start(" ").alias("body")
_ODD = [
    pl.col("body").str.contains(_TAB, literal=True).any().alias("tab"),
    pl.col("body").str.contains("\n", literal=True).any().alias("script"),
    pl.col("body").str.contains(_HAS_INNER).any().alias("inner"),
]
_WITHOUT_INNER = (
    pl.when(pl.col("body").str.contains(_HAS_INNER))
    .then(pl.col("body").str.replace(_INNER, ""))
    .otherwise("body")
    .alias("body")
)
_WORDS = pl.col("body").str.splitn(" ", 3).struct.rename_fields(["queue_id", "flag", "rest"]).struct.unnest()
_HAS_ID = pl.col("queue_id").str.contains(rf"^{grammar.ID}$").alias("has_id")
_KINDS = (
    pl.when("has_id")
    .then(pl.col("flag").replace_strict(list(_FLAGS), list(_FLAGS.values()), default=0, return_dtype=pl.UInt8))
    .otherwise(pl.lit(0, pl.UInt8))
    .alias("kind"),
    pl.when("has_id").then("queue_id").alias("queue_id"),
)
_AFTER_ID = pl.col("body").str.slice(pl.col("queue_id").str.len_chars().fill_null(-1) + 1).alias("body")


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
    parts = list(_parts(records))
    events = joined([part.events for part in parts], EVENT)
    facts = joined([part.messages for part in parts], MESSAGE)
    bad = pl.concat([records["row"].clear(), *(part.bad for part in parts)]).sort()
    return Facts(_events(records, events), _messages(records, facts), _refused(records, bad))


def _prepared(records: pl.DataFrame) -> pl.DataFrame:
    """Number the records, take off what syslog left of Exim's own stamp, and part the message id from the rest."""
    records = records.with_columns(_BODY, _NO_SCRIPT).with_row_index("row")
    tab, script, inner = records.select(_ODD).row(0)
    if tab:
        records = records.with_columns(pl.col("body").str.replace_all(_TAB, "\t", literal=True))
    if script:
        records = records.with_columns(grammar.halves("body", "\n", "body", "script_dir"))
    if inner:
        records = records.with_columns(_WITHOUT_INNER)
    return records.with_columns(_WORDS)


_NO_SCRIPT = pl.lit(None, pl.String).alias("script_dir")
_LINE = ("row", "script_dir", "queue_id", "flag", "rest", "body")


def _parts(records: pl.DataFrame) -> Iterator[Part]:
    """Give each reader its lines; those that are left over at the end are context."""
    lines = records.select(*_LINE, _HAS_ID).with_columns(_KINDS)
    kind = lines["kind"]
    lines = lines.drop("has_id", "kind")
    for number, read in _READERS:
        mine = lines.filter(kind == number)
        if not mine.is_empty():
            yield read(mine)
    others = rejects.told(lines.filter(kind == 0).with_columns(_AFTER_ID))
    refusals = others.filter(pl.col("refusal") > 0)
    if not refusals.is_empty():
        yield rejects.read(refusals)
    failed = pl.concat([lines.filter(kind == _FAILED), _attempts(others)])
    if not failed.is_empty():
        yield failures.read(failed)


def _attempts(others: pl.DataFrame) -> pl.DataFrame:
    """Return the lines that tell of one host's failure: they have no flag."""
    mine = others.filter((pl.col("refusal") == 0) & pl.col("body").str.contains(failures.ATTEMPT))
    return mine.drop("refusal").with_columns(rest="body", flag=pl.lit(failures.ATTEMPTED))


_SECOND = pl.col("ts").dt.epoch("s").cast(pl.String)
_KEY = pl.concat_str(pl.col("queue_id", "remote_host", "remote_ip").fill_null(""), _SECOND, "reply", separator=" ")
_REPLIED = (pl.col("reply_by") == "remote") & (pl.col("event") != "suspended") & (pl.col("direction") != "inbound")
_OWN = pl.col("host").is_not_null() & pl.col("source_event").is_in(rejects.WORDS)
_SPOKEN = pl.concat_str(pl.col("pid").fill_null(""), "body", separator=" ")
_SYSTEM = pl.lit("exim").alias("system")
_BY_FILE = pl.when(_REPLIED).then(_KEY).alias("attempt")
_BY_SYSLOG = pl.when(_OWN).then(_SPOKEN).when(_REPLIED).then(_KEY).alias("attempt")
_OUTCOMES = ("delivered", "accepted", "deferred", "bounced", "expired", "suspended", "attempt")
_QUEUED = (pl.col("ts") - pl.col("arrived")).dt.total_milliseconds()
# A division rounds by the length of the column.
_SINCE = _QUEUED // 1000 + (_QUEUED % 1000) * 0.001
_SANE = _SINCE.is_between(-1, _LONGEST_QUEUE) & pl.col("event").is_in(_OUTCOMES)
_DELAY = pl.coalesce("delay", pl.when(_SANE).then(_SINCE.clip(lower_bound=0))).alias("delay")


def _events(records: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    told = records.select(*_BASE, "pid", "body", instance="tag")[events["row"]].hstack(events.drop("row"))
    attempt = _BY_SYSLOG if told["host"].null_count() < told.height else _BY_FILE
    arrived = grammar.arrivals(told["queue_id"])
    told = told.with_columns(_SYSTEM, attempt, arrived, asynchronous=pl.lit(value=False))
    return told.with_columns(_DELAY).drop("pid", "body", "arrived")


def _messages(records: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    told = records.select(*_BASE, instance="tag")[facts["row"]].hstack(facts.drop("row"))
    return told.with_columns(_SYSTEM, service=pl.lit(None, pl.String))


def _refused(records: pl.DataFrame, bad: pl.Series) -> pl.DataFrame:
    return records.select("offset", "copy", "ts", "line")[bad].with_columns(reason=pl.lit("bad_record"))
