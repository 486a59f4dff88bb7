"""Deliveries: `=>`, `->` (a further recipient), `>>` (while it came in), `*>` (suppressed)."""

import polars as pl

from bouncelake.parsers.exim import escapes, fields, grammar, recipients
from bouncelake.parsers.exim.part import Part, part

_DELIVERED = fields.patterns(rf"(?: ST=[^ ]+)?(?: S=[0-9]+)?{grammar.SERVER}{fields.TLS}(?<more> .*)?")
_MORE = r"(?: ?(?:L|PRDR|K|A=[^ ]+|DKIM=[^ ]+))*$"
_SERVER = rf"{fields.PLAIN}(?: ST=[^ ]+)?(?: S=[0-9]+)? {fields.HOST}{fields.TLS}{_MORE}"
_AFTER_OWN = rf'^(?: ?(?:TFO\*?|PS=[^ ]+))*(?:X=(?<tls>[^ ]+))?(?: ?CV=[a-z]+)?(?: ?DN="(?:[^"\\]|\\.)*")?{_MORE}'
_QUEUE_TIME = rf" QT=({grammar.TIME})"
_LMTP = r"(?i)lmtp"


def delivered(lines: pl.DataFrame) -> Part:
    """Read deliveries into one event each; what was thrown away, or answered by a filter, is `other`."""
    usual, odd = _usual(lines)
    frame = usual if odd.is_empty() else pl.concat([usual, _odd(odd)], how="diagonal")
    frame = escapes.decoded(frame.with_columns(near=_near(frame["remote_ip"])), "reply")
    remote = pl.col("remote_ip").is_not_null()
    outbound = remote & ~pl.col("near").fill_null(value=True)
    frame = recipients.named(frame).with_columns(
        grammar.null_sender("sender"),
        event=_delivery(),
        direction=pl.when(outbound).then(pl.lit("outbound")).otherwise(pl.lit("local")),
        stage=pl.when(remote & pl.col("reply").is_not_null()).then(pl.lit("eod")),
        reply_by=pl.when(pl.col("reply").is_not_null()).then(pl.lit("remote")),
        source_event=pl.col("flag"),
    )
    final = pl.when(pl.col("event") != "other").then(pl.col("event") == "delivered")
    return part(lines, frame.with_columns(final=final, delay=grammar.seconds(frame["queue_time"]), service="transport"))


def _usual(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read lines with a plain address and a reply at their literals; return the others too."""
    frame = lines.with_columns(grammar.halves("rest", ' C="', "left", "right")).with_columns(
        grammar.halves("left", " ", "address", "fields"), grammar.halves("right", '"', "reply", "more")
    )
    own = frame["fields"].str.contains(" I=[", literal=True).any()
    if own:
        frame = _with_own_end(frame)
    frame = grammar.distinct(frame, "fields", _SERVER)
    if own:
        frame = frame.with_columns(tls=pl.coalesce("tls", "own_tls"), read=pl.col("read") & pl.col("ours"))
    safe = pl.col("read") & pl.col("reply").is_not_null() & ~pl.col("reply").str.contains("\\", literal=True)
    plain = pl.col("address").str.contains(recipients.SIMPLE)
    good = frame.select((safe & plain).fill_null(value=False)).to_series()
    frame = frame.with_columns(
        queue_time=pl.col("more").str.extract(_QUEUE_TIME),
        original=pl.lit(None, pl.String),
        parents=pl.lit(None, pl.String),
    )
    if good.all():
        return frame, lines.clear()
    return frame.filter(good), lines.filter(~good)


def _with_own_end(frame: pl.DataFrame) -> pl.DataFrame:
    """Cut our own end of the connection out of `fields`: its port is always another. `ours` tells what is known."""
    frame = frame.with_columns(grammar.halves("fields", " I=[", "fields", "own"))
    frame = frame.with_columns(grammar.halves("own", "]", "local_ip", "own"))
    after = pl.col("own").str.splitn(" ", 2).struct.field("field_1")
    frame = grammar.distinct(frame.with_columns(own=after), "own", _AFTER_OWN)
    known = pl.col("read") | pl.col("own").is_null()
    return frame.with_columns(ours=known).rename({"tls": "own_tls"}).drop("read")


def _odd(lines: pl.DataFrame) -> pl.DataFrame:
    frame = grammar.extract(lines, "rest", *_DELIVERED)
    reply = pl.col("more").str.extract(r'(?s) C="((?:[^"\\]|\\.)*)', 1)
    return frame.with_columns(reply=escapes.unquoted(reply), queue_time=pl.col("more").str.extract(_QUEUE_TIME))


def _near(addresses: pl.Series) -> pl.Series:
    """Tell which IPs are near, each distinct one once."""
    told = addresses.unique().to_frame("remote_ip").with_columns(near=grammar.near("remote_ip"))
    return addresses.to_frame("remote_ip").join(
        told, on="remote_ip", how="left", nulls_equal=True, maintain_order="left"
    )["near"]


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
    )
