"""Records about a whole message: who handed it in, its id and sender, its end, and its children."""

import polars as pl

from bouncelake.parsers.postfix import grammar
from bouncelake.parsers.postfix.part import Part, part

NOTIFICATION = rf"^{grammar.QUEUE_ID}: (?:sender|postmaster) [a-z -]*notification: {grammar.QUEUE_ID}$"

_ONE = ", nrcpt=1 (queue active)"
_SIZE = r"^([0-9]+), nrcpt=[0-9]+ \(queue active\)$"
_ACTIVE = r"(?s)^from=<(.*)>, size=([0-9]+), nrcpt=[0-9]+ \(queue active\)$"
_EXPIRED = r"(?s)^from=<(.*)>, status=((?:force-)?expired), returned to sender"
_CLIENT_PLACE = r"^client=[!-Z\\^-~]*\[[0-9A-Fa-f.:]+\]$"
_CLIENT_PLAIN = (
    ("method", r"^sasl_method=[!-+\--~]+$"),
    ("user", r"^sasl_username=[!-+\--~]+$"),
)
_CLIENT_ANY = (
    r"(?s)^client=([^\[\]]*)\[([^\]]*)\](?::[0-9]+)?(?:, sasl_method=[^,]*)?(?:, sasl_username=(.*?))?"
    r"(?:, sasl_sender=.*?)?(?:, orig_queue_id=([0-9A-Za-z]+))?(?:, orig_client=[^ ]*)?$"
)
_PICKUP = r"(?s)^uid=([0-9]+) from=<(.*)>(?: orig_id=([0-9A-Za-z]+))?$"


def managed(records: pl.DataFrame) -> Part:
    """Read the queue manager's records: a sender and size at each activation, or the end by age."""
    frame = _single(records)
    single = frame.drop_in_place("single")
    if single.all():
        return part(records, messages=_active(frame))
    told = [_active(frame.filter(single))]
    records_left = records.filter(~single).select("row", "queue_id", "rest")
    frame = records_left.with_columns(grammar.halves("rest", ">, size=", "sender", "size"))
    frame = frame.with_columns(pl.col("sender").str.strip_prefix("from=<"), pl.col("size").str.extract(_SIZE))
    told.append(_active(frame.filter(pl.col("size").is_not_null())))
    other = frame.filter(pl.col("size").is_null()).select("row", "queue_id", "rest")
    if other.is_empty():
        return part(records, messages=pl.concat(told))
    told.append(_active(grammar.extract(other, "rest", ("sender", "size"), _ACTIVE)))
    expired = grammar.extract(other, "rest", ("sender", "source_event"), _EXPIRED)
    expired = expired.with_columns(grammar.null_sender("sender"), kind=pl.lit("expired"), event=pl.lit("expired"))
    events = expired.select("row", "queue_id", "sender", "source_event", "event", final=pl.lit(value=True))
    ended = expired.select("row", "queue_id", "sender", "kind")
    return part(records, events, pl.concat([*told, ended], how="diagonal"))


def _single(records: pl.DataFrame) -> pl.DataFrame:
    """Read records of one recipient from their end, which is cheap."""
    frame = records.select(
        "row", "queue_id", single=pl.col("rest").str.ends_with(_ONE), rest=pl.col("rest").str.strip_suffix(_ONE)
    ).with_columns(begin=pl.col("rest").str.strip_chars_end("0123456789"))
    digits = pl.col("rest").str.len_bytes() - pl.col("begin").str.len_bytes()
    return frame.select(
        "row",
        "queue_id",
        sender=pl.col("begin").str.strip_suffix(">, size=").str.strip_prefix("from=<"),
        size=pl.col("rest").str.tail(digits),
        single=pl.col("single") & pl.col("begin").str.ends_with(">, size=") & (digits > 0),
    )


def _active(frame: pl.DataFrame) -> pl.DataFrame:
    size = pl.col("size").cast(pl.Int64, strict=False)
    return frame.select("row", "queue_id", grammar.null_sender("sender"), size, kind=pl.lit("active"))


def client(records: pl.DataFrame) -> Part:
    """Read who handed a message in over SMTP."""
    frame = records.select("row", "queue_id", "rest", grammar.fields("rest", ", ", ("place", "method", "user")))
    frame = frame.join(_places(frame), on="place", how="left", maintain_order="left")
    plain = [pl.col(name).str.contains(pattern).fill_null(value=True) for name, pattern in _CLIENT_PLAIN]
    usual = frame.select(pl.all_horizontal(pl.col("client_host").is_not_null(), *plain)).to_series()
    names = ("client_host", "client_ip", "sasl_user", "parent_queue_id")
    user = pl.col("user").str.strip_prefix("sasl_username=")
    told = [frame.filter(usual).select("row", "queue_id", *names[:2], sasl_user=user)]
    if not usual.all():
        odd = frame.filter(~usual).select("row", "queue_id", "rest")
        told.append(grammar.extract(odd, "rest", names, _CLIENT_ANY).drop("rest"))
    known = (grammar.known(pl.col(name)) for name in names[:3])
    return part(records, messages=pl.concat(told, how="diagonal").with_columns(*known, kind=pl.lit("client")))


def _places(frame: pl.DataFrame) -> pl.DataFrame:
    """Take the clients apart, of which there are few; those that have another form are left out."""
    places = frame.select(pl.col("place").unique()).filter(pl.col("place").str.contains(_CLIENT_PLACE))
    places = places.with_columns(grammar.halves("place", "[", "client_host", "client_ip"))
    return places.with_columns(
        pl.col("client_host").str.strip_prefix("client="), pl.col("client_ip").str.strip_suffix("]")
    )


def pickup(records: pl.DataFrame) -> Part:
    """Read who handed a message in on this machine; a requeue names the id that it had before."""
    frame = grammar.extract(records, "rest", ("local_user", "sender", "parent_queue_id"), _PICKUP)
    again = pl.col("parent_queue_id").is_not_null()
    frame = frame.select(
        "row",
        "queue_id",
        "parent_queue_id",
        grammar.null_sender("sender"),
        # The uid of a requeue is Postfix's own.
        local_user=pl.when(~again).then(pl.col("local_user")),
        kind=pl.when(again).then(pl.lit("requeued")).otherwise(pl.lit("pickup")),
    )
    return part(records, messages=frame)


def message_id(records: pl.DataFrame) -> Part:
    """Read the Message-ID header, as it was written."""
    value = pl.col("rest").str.strip_prefix("message-id=")
    message = pl.when(value != "").then(value)
    return part(records, messages=records.select("row", "queue_id", message_id=message, kind=pl.lit("message_id")))


def removed(records: pl.DataFrame) -> Part:
    """Read the end of a message in the queue."""
    return part(records, messages=records.select("row", "queue_id", kind=pl.lit("removed")))


def notification(records: pl.DataFrame) -> Part:
    """Read which message tells the sender about this one."""
    child = pl.col("rest").str.extract(rf" ({grammar.QUEUE_ID})$")
    return part(records, messages=records.select("row", "queue_id", child_queue_id=child, kind=pl.lit("child")))
