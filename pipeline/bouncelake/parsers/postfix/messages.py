"""Records about a whole message: who handed it in, its id and sender, its end, and its children."""

import polars as pl

from bouncelake.parsers.postfix import grammar
from bouncelake.parsers.postfix.part import Part, part

NOTIFICATION = rf"^{grammar.QUEUE_ID}: (?:sender|postmaster) [a-z -]*notification: {grammar.QUEUE_ID}$"

_SIZE = r"^[0-9]+, nrcpt=[0-9]+ \(queue active\)$"
_ACTIVE = r"(?s)^from=<(.*)>, size=([0-9]+), nrcpt=[0-9]+ \(queue active\)$"
_EXPIRED = r"(?s)^from=<(.*)>, status=((?:force-)?expired), returned to sender"
_CLIENT_PLAIN = (
    r"^client=[!-Z\\^-~]*\[[0-9A-Fa-f.:]+\](?::[0-9]+)?"
    r"(?:, sasl_method=[!-+\--~]+)?(?:, sasl_username=[!-+\--~]+)?$"
)
_CLIENT_ANY = (
    r"(?s)^client=([^\[\]]*)\[([^\]]*)\](?::[0-9]+)?(?:, sasl_method=[^,]*)?(?:, sasl_username=(.*?))?"
    r"(?:, sasl_sender=.*?)?(?:, orig_queue_id=([0-9A-Za-z]+))?(?:, orig_client=[^ ]*)?$"
)
_PICKUP = r"(?s)^uid=([0-9]+) from=<(.*)>(?: orig_id=([0-9A-Za-z]+))?$"


def managed(records: pl.DataFrame) -> Part:
    """Read the queue manager's records: a sender and size at each activation, or the end by age."""
    plain = pl.col("size").str.contains(_SIZE).fill_null(value=False)
    frame = (
        grammar.split(records.lazy(), (("rest", ">, size=", "sender", "size"),))
        .with_columns(
            grammar.halves("size", ",", "size", "nrcpt"), pl.col("sender").str.strip_prefix("from=<"), plain=plain
        )
        .collect()
    )
    active = _active(frame.lazy().filter("plain"))
    if frame["plain"].all():
        return part(records, messages=active.collect())
    other = frame.filter(~pl.col("plain")).select("row", "queue_id", "rest")
    odd = _active(grammar.extract(other, "rest", ("sender", "size"), _ACTIVE).lazy())
    expired = grammar.extract(other, "rest", ("sender", "source_event"), _EXPIRED)
    expired = expired.with_columns(grammar.null_sender("sender"), kind=pl.lit("expired"), event=pl.lit("expired"))
    events = expired.select("row", "queue_id", "sender", "source_event", "event", final=pl.lit(value=True))
    ended = expired.lazy().select("row", "queue_id", "sender", "kind")
    return part(records, events, pl.concat([active, odd, ended], how="diagonal").collect())


def _active(frame: pl.LazyFrame) -> pl.LazyFrame:
    size = pl.col("size").cast(pl.Int64, strict=False)
    return frame.select("row", "queue_id", grammar.null_sender("sender"), size, kind=pl.lit("active"))


def client(records: pl.DataFrame) -> Part:
    """Read who handed a message in over SMTP."""
    plain = records["rest"].str.contains(_CLIENT_PLAIN)
    frame = grammar.split(
        records.filter(plain).lazy(),
        (("rest", "[", "client_host", "client_ip"),),
        (("client_ip", "]", "client_ip", "sasl_user"),),
        (("sasl_user", ", sasl_username=", "port", "sasl_user"),),
    )
    names = ("client_host", "client_ip", "sasl_user", "parent_queue_id")
    frames = [
        frame.select("row", "queue_id", pl.col("client_host").str.strip_prefix("client="), "client_ip", "sasl_user")
    ]
    if not plain.all():
        odd = grammar.extract(records.filter(~plain), "rest", names, _CLIENT_ANY)
        frames.append(odd.lazy().select("row", "queue_id", *names))
    known = (grammar.known(pl.col(name)) for name in ("client_host", "client_ip", "sasl_user"))
    told = pl.concat(frames, how="diagonal").with_columns(*known, kind=pl.lit("client"))
    return part(records, messages=told.collect())


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
