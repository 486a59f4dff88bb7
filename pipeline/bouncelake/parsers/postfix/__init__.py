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
_OTHER = pl.lit(0, pl.UInt8)
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
    bad = pl.concat([events["row"].clear(), *(part.bad for part in parts)]).sort()
    return Facts(_events(records, events), _of(records, facts), _refused(records, bad))


def _prepared(records: pl.DataFrame) -> pl.DataFrame:
    """Read instance and service off the few tags that there are."""
    tag = pl.col("tag")
    tags = records.select(tag.unique()).with_columns(
        instance=pl.coalesce(tag.str.extract("^(.*)/"), tag),
        service=tag.str.extract("/([^/]*)$"),
    )
    return records.join(tags, on="tag", how="left", maintain_order="left")


def _kinds(records: pl.DataFrame) -> pl.DataFrame:
    """Number the records, take off their queue ids, and tell by three letters which word may stand behind them."""
    texts = records.select("service", pl.col("text").str.strip_chars_start(" ")).with_row_index("row")
    texts = texts.select("row", "service", grammar.halves("text", ": ", "queue_id", "rest"))
    texts = texts.with_columns(
        has_id=pl.col("queue_id").str.contains(f"^{grammar.QUEUE_ID}$"), letters=pl.col("rest").str.head(3)
    )
    kind: pl.Expr = _OTHER
    for number, (word, _) in enumerate(_AFTER_ID, 1):
        kind = pl.when(pl.col("letters") == word[:3]).then(pl.lit(number, pl.UInt8)).otherwise(kind)
    return texts.select("row", "service", "queue_id", "rest", kind=pl.when("has_id").then(kind).otherwise(_OTHER))


def _sorted(records: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, _Reader]]:
    """Give each reader its records; those that are left over at the end are context."""
    texts = _kinds(records)
    kind = texts.drop_in_place("kind")
    others = [texts.filter(kind == 0)]
    for number, (word, read) in enumerate(_AFTER_ID, 1):
        mine = texts.filter(kind == number)
        if mine.is_empty():
            continue
        fits = mine["rest"].str.starts_with(word)
        if not fits.all():
            others.append(mine.filter(~fits))
            mine = mine.filter(fits)
        yield mine, read
    rest = pl.concat(others)
    known = pl.when(pl.col("queue_id").str.contains(f"^{grammar.QUEUE_ID}$"))
    rest = rest.hstack(records.select("text")[rest["row"]]).with_columns(
        pl.col("text").str.strip_chars_start(" "), left="queue_id", queue_id=known.then("queue_id")
    )
    for mask, read in _OTHERS:
        fits = rest["text"].str.contains(mask)
        if fits.any():
            yield rest.filter(fits), read
            rest = rest.filter(~fits)


def _of(records: pl.DataFrame, facts: pl.DataFrame, *extra: str) -> pl.DataFrame:
    """Put the records' own columns beside what they say."""
    mine = records.select(*_BASE, "instance", "service", *extra)[facts["row"]]
    return mine.hstack(facts.drop("row")).with_columns(system=pl.lit("postfix"))


def _events(records: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    key = pl.concat_str(
        pl.col("pid", "queue_id", "remote_host", "remote_ip").fill_null(""),
        pl.col("ts").dt.epoch("s").cast(pl.String),
        "reply",
        separator=" ",
    )
    answered = (pl.col("reply_by") == "remote") & (pl.col("event") != "suspended")
    events = _of(records, events, "pid")
    return events.with_columns(asynchronous=pl.lit(value=False), attempt=pl.when(answered).then(key)).drop("pid")


def _refused(records: pl.DataFrame, bad: pl.Series) -> pl.DataFrame:
    return records.select("offset", "copy", "ts", "line")[bad].with_columns(reason=pl.lit("bad_record"))
