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
    grammar.pattern("rest", f"(?s)^(?<sender><>|{sender}){_PARENT}(?: H={peer})?{_USER}{_LOGIN}{_SIZE}$")
    for sender, peer in ((grammar.PLAIN, grammar.PLAIN_PEER), (r'"(?:[^"\\]|\\.)*"@[^<> ]*|[^<>" ]+|.+?', grammar.PEER))
)
_FIELDS = grammar.pattern("fields", f"^(?: H={grammar.PLAIN_PEER})?{_USER}{_LOGIN}$", before=" ")
_SENDER = rf"^(?:<>|{grammar.PLAIN})$"
_MESSAGE_ID = r" id\*?=([^ ]+)"
_CUT = grammar.halves("rest", " S=", "left", "right")
_WORDS = (
    grammar.halves("left", " ", "sender", "fields"),
    pl.col("right").str.splitn(" ", 3).struct.rename_fields(["size", "id", "after"]).struct.unnest(),
)
_LOCAL = pl.col("client_ip").is_null()
_KIND = (
    pl.when(_LOCAL).then(pl.lit("pickup")).otherwise(pl.lit("client")).alias("kind"),
    pl.when(_LOCAL).then("local_user").alias("local_user"),
)
_IS_ID = pl.col("id").str.starts_with("id=").fill_null(value=False)
_PLAIN_ID = pl.when(_IS_ID).then(pl.col("id").str.slice(3)).alias("message_id")
# A further field may stand before the id, or something that only looks like one behind it.
_LOOSE_ID = pl.when(_IS_ID).then("message_id").otherwise(pl.col("right").str.extract(_MESSAGE_ID)).alias("message_id")
_SAFE = pl.col("read") & pl.col("right").is_not_null() & pl.col("sender").str.contains(_SENDER)
_UNSAID = pl.col("right").filter(~_IS_ID).str.contains(" id", literal=True).any()
_ODD_COLUMNS = (
    grammar.null_sender("sender"),
    pl.col("more").str.extract(_MESSAGE_ID).alias("message_id"),
    *_KIND,
)


def read(lines: pl.DataFrame) -> Part:
    """Read who handed a message in; one that was kept although the client was told a refusal is an event too."""
    usual, odd = _usual(lines)
    if not odd.is_empty():
        slow = grammar.extract(odd, *_PATTERNS).with_columns(_ODD_COLUMNS)
        usual = pl.concat([usual, slow], how="diagonal")
    frame = usual.with_columns(pl.col("size").cast(pl.Int64, strict=False))
    return part(lines, _fake(frame), frame)


def _fake(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("flag") == "(=").with_columns(
        event=pl.lit("rejected"),
        final=pl.lit(value=True),
        direction=pl.lit("inbound"),
        stage=pl.lit("eod"),
        source_event=pl.col("flag"),
    )


def _usual(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read lines at their literals where that is safe; return the others too."""
    frame = lines.with_columns(_CUT).with_columns(_WORDS)
    frame = grammar.distinct(frame, _FIELDS, *_KIND).with_columns(_PLAIN_ID)
    safe, unsaid = frame.select(_SAFE).to_series(), frame.select(_UNSAID).item()
    if unsaid:
        frame = frame.with_columns(_LOOSE_ID)
    return (frame, lines.clear()) if safe.all() else (frame.filter(safe), lines.filter(~safe))


def removed(lines: pl.DataFrame) -> Part:
    """Read the end of a message in the queue."""
    return part(lines, messages=lines.select("row", "queue_id", kind=pl.lit("removed")))
