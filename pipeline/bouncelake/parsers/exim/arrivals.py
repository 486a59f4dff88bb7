"""A message comes in (`<=`, `(=`) and leaves the queue (`Completed`)."""

import polars as pl

from bouncelake.parsers.exim import grammar
from bouncelake.parsers.exim.part import Part, part

_PARENT = rf"(?: R=(?<parent_queue_id>{grammar.ID}))?(?: DS)?"
_LATER = r"(?: (?:L[-.*]*|PRDR|K|SPF[^ ]*|CV=[a-z]+|SNI=[^ ]+|PRX=[^ ]+|CS=[^ ]+))*"
_USER = rf"{grammar.ENDS}(?: U=(?<local_user>[^=]*?))?(?: Ci=[^ ]+)?(?: P=(?<protocol>[^ ]+))?{_LATER}{grammar.TLS}{_LATER}"
_LOGIN = rf"(?: A=[^ :]+(?::(?<sasl_user>[^ :]*))?(?::[^ ]*)?)?{_LATER}"
_SIZE = r"(?: S=(?<size>[0-9]+))?(?<more>.*)"
_PATTERNS = tuple(
    f"(?s)^(?<sender><>|{sender}){_PARENT}(?: H={peer})?{_USER}{_LOGIN}{_SIZE}$"
    for sender, peer in ((grammar.PLAIN, grammar.PLAIN_PEER), (rf"{grammar.ADDRESS}|.*?", grammar.PEER))
)
_MESSAGE_ID = r" id\*?=([^ ]+)"


def read(lines: pl.DataFrame) -> Part:
    """Read who handed a message in; one that was kept although the client was told a refusal is an event too."""
    frame = grammar.extract(lines, "rest", *_PATTERNS)
    local = pl.col("client_ip").is_null()
    frame = frame.with_columns(
        grammar.null_sender("sender"),
        pl.col("size").cast(pl.Int64, strict=False),
        message_id=pl.col("more").str.extract(_MESSAGE_ID),
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


def removed(lines: pl.DataFrame) -> Part:
    """Read the end of a message in the queue."""
    return part(lines, messages=lines.select("row", "queue_id", kind=pl.lit("removed")))
