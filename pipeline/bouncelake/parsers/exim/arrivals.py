"""A message comes in (`<=`, `(=`) and leaves the queue (`Completed`)."""

import polars as pl

from bouncelake.parsers.exim import grammar
from bouncelake.parsers.exim.part import Part, part

_PARENT = rf"(?: R=(?<parent_queue_id>{grammar.ID}))?(?: DS)?"
_LATER = r"(?: (?:L[-.*]*|PRDR|K|SPF[^ ]*|CV=[a-z]+|SNI=[^ ]+|PRX=[^ ]+|CS=[^ ]+))*"
_USER = (
    rf"{grammar.ENDS}(?: U=(?<local_user>[^=]*?))?(?: Ci=[^ ]+)?(?: P=(?<protocol>[^ ]+))?{_LATER}{grammar.TLS}{_LATER}"
)
_LOGIN = rf"(?: A=[^ :]+(?::(?<sasl_user>[^ :]*))?(?::[^ ]*)?)?{_LATER}"
_SIZE = r"(?: S=(?<size>[0-9]+))?(?<more>(?: .*)?)"
_PATTERNS = tuple(
    f"(?s)^(?<sender><>|{sender}){_PARENT}(?: H={peer})?{_USER}{_LOGIN}{_SIZE}$"
    for sender, peer in ((grammar.PLAIN, grammar.PLAIN_PEER), (r'"(?:[^"\\]|\\.)*"@[^<> ]*|[^<>" ]+|.+?', grammar.PEER))
)
_FIELDS = f"^(?: H={grammar.PLAIN_PEER})?{_USER}{_LOGIN}$"
_SENDER = rf"^(?:<>|{grammar.PLAIN})$"
_MESSAGE_ID = r" id\*?=([^ ]+)"


def read(lines: pl.DataFrame) -> Part:
    """Read who handed a message in; one that was kept although the client was told a refusal is an event too."""
    usual, odd = _usual(lines)
    frame = usual if odd.is_empty() else pl.concat([usual, grammar.extract(odd, "rest", *_PATTERNS)], how="diagonal")
    local = pl.col("client_ip").is_null()
    frame = frame.with_columns(
        grammar.null_sender("sender"),
        pl.col("size").cast(pl.Int64, strict=False),
        message_id=pl.coalesce("message_id", pl.col("more").str.extract(_MESSAGE_ID)),
        kind=pl.when(local).then(pl.lit("pickup")).otherwise(pl.lit("client")),
        local_user=pl.when(local).then("local_user"),
    )
    fake = frame.filter(pl.col("flag") == "(=").with_columns(
        event=pl.lit("rejected"),
        final=pl.lit(value=True),
        direction=pl.lit("inbound"),
        stage=pl.lit("eod"),
        source_event=pl.col("flag"),
    )
    return part(lines, fake, frame)


def _usual(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read lines at their literals where that is safe; return the others too."""
    frame = lines.with_columns(grammar.halves("rest", " S=", "left", "right")).with_columns(
        grammar.halves("left", " ", "sender", "fields"), grammar.halves("right", " id=", "size", "message_id")
    )
    frame = frame.with_columns(
        fields=(" " + pl.col("fields")).fill_null(""),
        # A later field may stand before the id, or behind it.
        size=pl.col("size").str.splitn(" ", 2).struct.field("field_0"),
        message_id=pl.col("message_id").str.splitn(" ", 2).struct.field("field_0"),
        more=pl.when(pl.col("message_id").is_null()).then("right"),
    )
    frame = grammar.distinct(frame, "fields", _FIELDS)
    safe = frame.select(
        pl.col("read") & pl.col("right").is_not_null() & pl.col("sender").str.contains(_SENDER)
    ).to_series()
    if safe.all():
        return frame, lines.clear()
    return frame.filter(safe), lines.filter(~safe)


def removed(lines: pl.DataFrame) -> Part:
    """Read the end of a message in the queue."""
    return part(lines, messages=lines.select("row", "queue_id", kind=pl.lit("removed")))
