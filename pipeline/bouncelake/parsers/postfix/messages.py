"""Records about a whole message: who handed it in, its id and sender, its end, and its children."""

import polars as pl

from bouncelake.parsers.postfix import grammar
from bouncelake.parsers.postfix.part import Part, part

_ID = grammar.QUEUE_ID

MANAGED = rf"^{_ID}: from=<"
CLIENT = rf"^{_ID}: client="
PICKUP = rf"^{_ID}: uid="
MESSAGE_ID = rf"^{_ID}: message-id="
REMOVED = rf"^{_ID}: (?:removed(?: \((?:canceled|discarded)\))?|canceled)$"
NOTIFICATION = rf"^{_ID}: (?:sender|postmaster) [a-z -]*notification: {_ID}$"

_ACTIVE = (
    rf"^({_ID}): from=<({grammar.PLAIN})>, size=([0-9]+), nrcpt=[0-9]+ \(queue active\)$",
    rf"(?s)^({_ID}): from=<(.*)>, size=([0-9]+), nrcpt=[0-9]+ \(queue active\)$",
)
_EXPIRED = rf"(?s)^({_ID}): from=<(.*)>, status=((?:force-)?expired), returned to sender"
_CLIENT_PLAIN = rf"^{_ID}: client=[!-Z\\^-~]*\[[0-9A-Fa-f.:]+\](?::[0-9]+)?$"
_CLIENT_ANY = (
    rf"(?s)^({_ID}): client=([^\[\]]*)\[([^\]]*)\](?::[0-9]+)?(?:, sasl_method=[^,]*)?(?:, sasl_username=(.*?))?"
    r"(?:, sasl_sender=.*?)?(?:, orig_queue_id=([0-9A-Za-z]+))?(?:, orig_client=[^ ]*)?$"
)
_PICKUP = rf"(?s)^({_ID}): uid=([0-9]+) from=<(.*)>(?: orig_id=([0-9A-Za-z]+))?$"


def managed(records: pl.DataFrame) -> Part:
    """Read the queue manager's records: a sender and size at each activation, or the end by age."""
    ended = records["text"].str.contains(", status=", literal=True)
    active = grammar.extract(records.filter(~ended), "text", ("queue_id", "sender", "size"), *_ACTIVE)
    active = active.with_columns(grammar.null_sender("sender"), kind=pl.lit("active"))
    expired = grammar.extract(records.filter(ended), "text", ("queue_id", "sender", "source_event"), _EXPIRED)
    expired = expired.with_columns(grammar.null_sender("sender"), kind=pl.lit("expired"), event=pl.lit("expired"))
    events = expired.with_columns(final=pl.lit(value=True))
    messages = pl.concat([active, expired], how="diagonal")
    return part(records, events, messages, messages["row"])


def client(records: pl.DataFrame) -> Part:
    """Read who handed a message in over SMTP."""
    plain = records["text"].str.contains(_CLIENT_PLAIN)
    frame = records.filter(plain)
    for column, at, left, right in (
        ("text", ": client=", "queue_id", "client_host"),
        ("client_host", "[", "client_host", "client_ip"),
        ("client_ip", "]", "client_ip", "port"),
    ):
        frame = grammar.split(frame, column, at, left, right)
    names = ("queue_id", "client_host", "client_ip", "sasl_user", "parent_queue_id")
    odd = grammar.extract(records.filter(~plain), "text", names, _CLIENT_ANY)
    frame = pl.concat([frame, odd], how="diagonal")
    frame = frame.with_columns(grammar.known("client_host"), grammar.known("client_ip"), kind=pl.lit("client"))
    return part(records, messages=frame, told=frame["row"])


def pickup(records: pl.DataFrame) -> Part:
    """Read who handed a message in on this machine; a requeue names the id that it had before."""
    frame = grammar.extract(records, "text", ("queue_id", "local_user", "sender", "parent_queue_id"), _PICKUP)
    again = pl.col("parent_queue_id").is_not_null()
    frame = frame.with_columns(
        grammar.null_sender("sender"),
        # The uid of a requeue is Postfix's own.
        local_user=pl.when(~again).then(pl.col("local_user")),
        kind=pl.when(again).then(pl.lit("requeued")).otherwise(pl.lit("pickup")),
    )
    return part(records, messages=frame, told=frame["row"])


def message_id(records: pl.DataFrame) -> Part:
    """Read the Message-ID header, as it was written."""
    frame = grammar.split(records, "text", ": message-id=", "queue_id", "message_id")
    value = pl.col("message_id")
    frame = frame.with_columns(pl.when(value != "").then(value), kind=pl.lit("message_id"))
    return part(records, messages=frame, told=frame["row"])


def removed(records: pl.DataFrame) -> Part:
    """Read the end of a message in the queue."""
    frame = grammar.split(records, "text", ":", "queue_id", "rest").with_columns(kind=pl.lit("removed"))
    return part(records, messages=frame, told=frame["row"])


def notification(records: pl.DataFrame) -> Part:
    """Read which message tells the sender about this one."""
    frame = grammar.extract(records, "text", ("queue_id", "child_queue_id"), rf"^({_ID}): .* ({_ID})$")
    return part(records, messages=frame.with_columns(kind=pl.lit("child")), told=frame["row"])
