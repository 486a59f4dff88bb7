"""Postfix, versions 2.3 to 3.12: what each of its log records says.

A record is known by the shape of its text, because some syslog setups lose the daemon's name; the service only breaks
ties. What a record does not say stays null.
"""

from collections.abc import Callable, Iterator

import polars as pl

from bouncelake.parsers import Facts
from bouncelake.parsers.postfix import attempts, deliveries, grammar, messages, refusals, rejects
from bouncelake.parsers.postfix.part import EVENT, MESSAGE, Part, joined

# Containers write JSON, which may escape angle brackets and ampersands: none stands here.
HINT = (
    r": to=| status=|\(queue active\)|: client=|: message-id=|: removed|: canceled|: uid=| notification: "
    r"| said: | refused to talk to me: |lost connection with |conversation with |connect to |talking to "
    r"|TLS is required|Cannot start TLS|Server certificate not |: REQUIRETLS |SASL | limit exceeded"
    r"|reject: |: reject_warning: |hold: |discard: |: filter: |: redirect: |: bcc: |: prepend: |: replace: |: strip: "
    r"|: delay: |: warn: |: info: |: pass: |: permit: |: hangup: |: milter-|proxy-accept: "
    r"|warning: header |warning: body |warning: content "
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

_Reader = Callable[[pl.DataFrame], Part]

# How the text goes on after a queue id, in the order of how often that occurs.
_AFTER_ID: tuple[tuple[str, _Reader], ...] = (
    ("from=<", messages.managed),
    ("to=", deliveries.read),
    ("message-id=", messages.message_id),
    ("client=", messages.client),
    ("removed", messages.removed),
    ("canceled", messages.removed),
    ("uid=", messages.pickup),
    ("status=", deliveries.read),
)
# The shape of all other texts.
_OTHERS: tuple[tuple[str, _Reader], ...] = (
    (rejects.MASK, rejects.read),
    (attempts.MASK, attempts.read),
    (messages.NOTIFICATION, messages.notification),
    (refusals.MASK, refusals.read),
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
    parts = [read(some) for some, read in _sorted(records)]
    events = joined([part.events for part in parts], EVENT)
    facts = joined([part.messages for part in parts], MESSAGE)
    bad = pl.concat([records["row"].clear(), *(part.bad for part in parts)]).sort()
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


def _sorted(records: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, _Reader]]:
    """Give each reader its records; those that are left over at the end are context."""
    frame = records.lazy().select("row", "text", "service", grammar.halves("text", ": ", "queue_id", "rest"))
    has_id = pl.col("queue_id").str.contains(f"^{grammar.QUEUE_ID}$")
    # The words exclude one another, so that the numbers can be summed up; 0 is anything else.
    numbers = [pl.col("rest").str.starts_with(word) * number for number, (word, _) in enumerate(_AFTER_ID, 1)]
    kinds = frame.with_columns(
        kind=pl.when(has_id).then(pl.sum_horizontal(numbers)).otherwise(0),
        queue_id=pl.when(has_id).then("queue_id"),
    ).collect()
    for number, (_, read) in enumerate(_AFTER_ID, 1):
        mine = kinds.filter(pl.col("kind") == number)
        if not mine.is_empty():
            yield mine, read
    rest = kinds.filter(pl.col("kind") == 0)
    for mask, read in _OTHERS:
        fits = rest["text"].str.contains(mask)
        if fits.any():
            yield rest.filter(fits), read
            rest = rest.filter(~fits)


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


def _refused(records: pl.DataFrame, bad: pl.Series) -> pl.DataFrame:
    return records.select("offset", "copy", "ts", "line")[bad].with_columns(reason=pl.lit("bad_record"))
