"""Deliveries: `=>`, `->` (a further recipient), `>>` (while it came in), `*>` (suppressed)."""

import polars as pl

from bouncelake.parsers.exim import escapes, fields, grammar, recipients
from bouncelake.parsers.exim.part import Part, part

_DELIVERED = fields.patterns(rf"(?: ST=[^ ]+)?(?: S=[0-9]+)?{grammar.SERVER}{fields.TLS}(?<more> .*)?")
_MORE = r"(?: ?(?:L|PRDR|K|A=[^ ]+|DKIM=[^ ]+))*$"
_SERVER = grammar.pattern("fields", rf"{fields.PLAIN}(?: ST=[^ ]+)?(?: S=[0-9]+)? {fields.HOST}{fields.TLS}{_MORE}")
_AFTER_OWN = grammar.pattern(
    "own", rf'^(?: ?(?:TFO\*?|PS=[^ ]+))*(?:X=(?<own_tls>[^ ]+))?(?: ?CV=[a-z]+)?(?: ?DN="(?:[^"\\]|\\.)*")?{_MORE}'
)
_QUEUE_TIME = pl.col("more").str.extract(rf" QT=({grammar.TIME})").alias("queue_time")
_LMTP = r"(?i)lmtp"

_CUT = grammar.halves("rest", ' C="', "left", "right")
_WORDS = (grammar.halves("left", " ", "address", "fields"), grammar.halves("right", '"', "reply", "more"))
_OWN = (
    grammar.halves("fields", " I=[", "fields", "own"),
    grammar.halves("own", "]", "local_ip", "own"),
    pl.col("own").str.splitn(" ", 2).struct.field("field_1").alias("own"),
)
_NEAR = grammar.near("remote_ip").alias("near")
_SAFE = (
    pl.col("read")
    & pl.col("reply").is_not_null()
    & ~pl.col("reply").str.contains("\\", literal=True)
    & pl.col("address").str.contains(recipients.SIMPLE)
).fill_null(value=False)
_NO_TEXT = pl.lit(None, pl.String)
_SIMPLE = (_NO_TEXT.alias("original"), _NO_TEXT.alias("parents"), _NO_TEXT.alias("original_recipient"))
_IS_REMOTE = pl.col("remote_ip").is_not_null()
_ANSWERED = pl.col("reply").is_not_null()
_TOLD = (
    pl.when(_IS_REMOTE & ~pl.col("near").fill_null(value=True))
    .then(pl.lit("outbound"))
    .otherwise(pl.lit("local"))
    .alias("direction"),
    pl.when(_IS_REMOTE & _ANSWERED).then(pl.lit("eod")).alias("stage"),
    pl.when(_ANSWERED).then(pl.lit("remote")).alias("reply_by"),
    pl.col("flag").alias("source_event"),
    pl.when(pl.col("event") != "other").then(pl.col("event") == "delivered").alias("final"),
    pl.col("transport").alias("service"),
)


def delivered(lines: pl.DataFrame) -> Part:
    """Read deliveries into one event each; what was thrown away, or answered by a filter, is `other`."""
    usual, odd = _usual(lines)
    frame = usual if odd.is_empty() else pl.concat([usual, _odd(odd)], how="diagonal")
    frame = frame.with_columns(_EVENT).with_columns(_TOLD)
    return part(lines, frame.with_columns(grammar.seconds(frame["queue_time"]).alias("delay")))


def _usual(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read lines with a plain address and a reply at their literals; return the others too."""
    frame = lines.with_columns(_CUT).with_columns(_WORDS)
    own = frame["fields"].str.contains(" I=[", literal=True).any()
    if own:
        frame = _with_own_end(frame)
    frame = grammar.distinct(frame, _SERVER, _NEAR, grammar.null_sender("sender"))
    if own:
        frame = frame.with_columns(tls=pl.coalesce("tls", "own_tls"), read=pl.col("read") & pl.col("ours"))
    frame = frame.with_columns(*_SIMPLE, _queue_time(frame), good=_SAFE, recipient="address")
    good = frame["good"]
    return (frame, lines.clear()) if good.all() else (frame.filter(good), lines.filter(~good))


def _queue_time(frame: pl.DataFrame) -> pl.Expr:
    timed = frame["more"].str.contains(" QT=", literal=True).any()
    return _QUEUE_TIME if timed else _NO_TEXT.alias("queue_time")


def _with_own_end(frame: pl.DataFrame) -> pl.DataFrame:
    """Cut our own end of the connection out of `fields`: its port is always another. `ours` tells what is known."""
    for cut in _OWN:
        frame = frame.with_columns(cut)
    frame = grammar.distinct(frame, _AFTER_OWN)
    return frame.with_columns(ours=pl.col("read") | pl.col("own").is_null()).drop("read")


def _odd(lines: pl.DataFrame) -> pl.DataFrame:
    frame = grammar.extract(lines, *_DELIVERED).with_columns(_REPLY, _QUEUE_TIME, _NEAR)
    frame = escapes.decoded(frame.with_columns(escapes.unquoted(pl.col("reply"))), "reply")
    return recipients.named(frame).with_columns(grammar.null_sender("sender"))


_REPLY = pl.col("more").str.extract(r'(?s) C="((?:[^"\\]|\\.)*)', 1).alias("reply")


def _delivery() -> pl.Expr:
    """Tell a hop from a delivery: a server of our own that is no mailbox takes the mail only to pass it on."""
    reply = pl.col("reply").fill_null("")
    mailbox = (
        pl.col("transport").str.contains(_LMTP).fill_null(value=False)
        | (pl.col("remote_port") == "24").fill_null(value=False)
        | reply.str.ends_with(" Saved")
    )
    passed_on = reply.str.contains("queued as ", literal=True)
    nowhere = pl.col("transport").is_null() | (pl.col("transport") == "**bypassed**") | (pl.col("flag") == "*>")
    return (
        pl.when(nowhere | recipients.thrown() | recipients.automatic())
        .then(pl.lit("other"))
        .when(pl.col("near").fill_null(value=False) & (passed_on | ~mailbox))
        .then(pl.lit("accepted"))
        .otherwise(pl.lit("delivered"))
        .alias("event")
    )


_EVENT = _delivery()
