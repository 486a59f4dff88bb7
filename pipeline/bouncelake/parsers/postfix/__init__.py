"""Postfix, versions 2.3 to 3.12: what each of its log records says.

A record is known by the shape of its text, because some syslog setups lose the daemon's name; the service only breaks
ties. What a record does not say stays null.
"""

from collections.abc import Callable

import polars as pl

from bouncelake.parsers import Facts
from bouncelake.parsers.postfix import attempts, deliveries, messages, refusals, rejects
from bouncelake.parsers.postfix.part import EVENT, MESSAGE, Part

# Containers write JSON, which may escape angle brackets and ampersands: none stands here.
HINT = "|".join(
    (
        ": to=",
        " status=",
        r"\(queue active\)",
        ": client=",
        ": message-id=",
        ": removed",
        ": canceled",
        ": uid=",
        " notification: ",
        " said: ",
        " refused to talk to me: ",
        "lost connection with ",
        "conversation with ",
        "connect to ",
        "talking to ",
        "TLS is required",
        "Cannot start TLS",
        "Server certificate not ",
        ": REQUIRETLS ",
        "SASL ",
        "reject: ",
        ": reject_warning: ",
        "hold: ",
        "discard: ",
        ": filter: ",
        ": redirect: ",
        ": bcc: ",
        ": prepend: ",
        ": replace: ",
        ": strip: ",
        ": delay: ",
        ": warn: ",
        ": info: ",
        ": pass: ",
        ": permit: ",
        ": hangup: ",
        ": milter-",
        "proxy-accept: ",
        "warning: header ",
        "warning: body ",
        "warning: content ",
        " limit exceeded",
    )
)

_DAEMONS = (
    "anvil|bounce|cleanup|discard|dnsblog|error|flush|lmtp|local|master|oqmgr|pickup|pipe|postscreen|proxymap|qmgr|qmqpd"
    "|scache|showq|smtp|smtpd|spawn|tlsmgr|tlsproxy|trivial-rewrite|verify|virtual|postsuper|postqueue|sendmail|postdrop"
)
_TAG = rf"^(?:postfix(?:[/.0-9-]|$)|[^ ]*/(?:{_DAEMONS})$)"
_TEXT = (
    r"^(?:[0-9A-F][0-9A-Za-z]{5,}: (?:to=[^ ].* status=|from=<.*(?:\(queue active\)|, returned to sender)|client=.*\]"
    r"|message-id=|uid=[0-9]+ from=|removed$)|NOQUEUE: )"
)

# In the order of how often they occur: what one reader takes, the next ones need not look at.
_READERS: tuple[tuple[str, Callable[[pl.DataFrame], Part]], ...] = (
    (messages.REMOVED, messages.removed),
    (messages.MANAGED, messages.managed),
    (deliveries.MASK, deliveries.read),
    (messages.MESSAGE_ID, messages.message_id),
    (messages.CLIENT, messages.client),
    (rejects.MASK, rejects.read),
    (attempts.MASK, attempts.read),
    (messages.PICKUP, messages.pickup),
    (messages.NOTIFICATION, messages.notification),
    (refusals.LOGIN, refusals.login),
    (refusals.LIMIT, refusals.limit),
    (refusals.SIZE, refusals.size),
)
_BASE = ("offset", "copy", "ts", "host", "line")


def sniff() -> pl.Expr:
    """Tell which records Postfix wrote: by the tag, or by the text where the tag is the site's own name."""
    by_tag = pl.col("tag").str.contains(_TAG).fill_null(value=False)
    return by_tag | pl.col("text").str.contains(_TEXT).fill_null(value=False)


def parse(records: pl.DataFrame) -> Facts:
    """Read Postfix's records; the result keeps their order.

    Events have one more column than their table, `attempt`: what makes one remote reply one, whatever the number of
    recipients that it answered (pid, queue id, relay, second and reply; the host is not in it). It is null where no
    server answered anything new.
    """
    records = _prepared(records)
    rest = records.select("row", "text", "service")
    parts = [Part()]
    for mask, read in _READERS:
        mine = rest["text"].str.contains(mask)
        if mine.any():
            parts.append(read(rest.filter(mine)))
            rest = rest.filter(~mine)
    events = pl.concat([part.events for part in parts]).sort("row", maintain_order=True)
    facts = pl.concat([part.messages for part in parts]).sort("row", maintain_order=True)
    bad = pl.concat([part.bad for part in parts]).sort("row")
    return Facts(_events(records, events), _messages(records, facts), _refused(records, bad))


def _prepared(records: pl.DataFrame) -> pl.DataFrame:
    """Number the records, and read instance and service off the few tags that there are."""
    tag = pl.col("tag")
    tags = records.select(tag.unique()).with_columns(
        instance=pl.coalesce(tag.str.extract("^(.*)/"), tag),
        service=tag.str.extract("/([^/]*)$"),
    )
    records = records.with_columns(text=pl.col("text").str.strip_chars_start(" "))
    return records.join(tags, on="tag", how="left", maintain_order="left").with_row_index("row")


def _of(records: pl.DataFrame, facts: pl.DataFrame, *extra: str) -> pl.DataFrame:
    """Put the records' own columns beside what they say."""
    return records.select(*_BASE, "instance", "service", *extra)[facts["row"]].hstack(facts.drop("row"))


def _events(records: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    key = pl.concat_str(
        pl.col("pid", "queue_id", "remote_host", "remote_ip").fill_null(""),
        pl.col("ts").dt.epoch("s").cast(pl.String),
        "reply",
        separator=" ",
    )
    answered = (pl.col("reply_by") == "remote") & (pl.col("event") != "suspended")
    return (
        _of(records, events, "pid")
        .with_columns(system=pl.lit("postfix"), asynchronous=pl.lit(value=False), attempt=pl.when(answered).then(key))
        .drop("pid")
    )


def _messages(records: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    return _of(records, facts).with_columns(system=pl.lit("postfix"))


def _refused(records: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    return records.select("offset", "copy", "ts", "line")[bad["row"]].with_columns(reason=pl.lit("bad_record"))
