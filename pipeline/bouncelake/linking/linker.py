"""Links events to the lines of their message, batch by batch, and once more from the tables."""

from datetime import datetime, timedelta

import polars as pl

from bouncelake.linking.attributes import CHILD_END, CLIENT, DEPTH, EVENT, KINDS, PARENT_END, lives
from bouncelake.linking.lives import CLOSING, LINGER, OPENING, PLAIN, SILENCE, cut
from bouncelake.schema import MESSAGES

LINKED = ("message_key", "parent_key", "origin", "sender", "message_id", *CLIENT, "size")
"""The columns of `events` that linking fills."""

KEPT = ("ts", "source_offset", "host", "instance", "queue_id", "kind", "sender", "message_id", *CLIENT, "size",
        "parent_queue_id", "child_queue_id")  # fmt: skip
"""The columns of `messages` that linking needs."""


_TOLD = frozenset({"message_key", "parent_key"})
"""Columns that only the lines of a message tell, never the event's own line."""


def open_ended() -> pl.Expr:
    """Tell events that lines not yet read may still complete: their opening line, sender or parent is unknown."""
    waiting = (
        pl.col("message_key").str.ends_with("?") | pl.col("sender").is_null() | pl.col("parent_key").str.ends_with("?")
    )
    return pl.col("queue_id").is_not_null() & waiting.fill_null(value=False)


def relink(events: pl.DataFrame, messages: pl.DataFrame, networks: pl.Expr | None = None) -> pl.DataFrame:
    """Return the events with their link columns as all these messages tell them; the order of rows stays.

    An event keeps what its own line said of sender and client when it is about a client that we refused; for mail that
    we sent the message's lines decide, for the delivery line does not know them.
    """
    return _link(events, messages.select(KEPT), _none() if networks is None else networks)[0]


class Linker:
    """Links the events of one run in the order of its batches; keeps the lines of messages that are still open."""

    def __init__(self, networks: pl.Expr | None = None) -> None:
        self._networks = _none() if networks is None else networks
        self._open = MESSAGES.empty().select(KEPT)
        self._trimmed: datetime | None = None

    def link(self, events: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
        """Return the events of this batch with their link columns; `messages` are the rows of the same batch."""
        if events.is_empty() and messages.is_empty():
            return _link(events, MESSAGES.empty().select(KEPT), self._networks)[0]
        batch = MESSAGES.conform(messages).select(KEPT)
        named = [frame.select("host", "queue_id").drop_nulls("queue_id") for frame in (events, batch)]
        keys = pl.concat([*named, _relatives(batch)]).unique()
        known, rest = _split(self._open, keys)
        linked, kept = _link(events, pl.concat([known, batch]), self._networks)
        self._open = pl.concat([rest, kept])
        self._trim(pl.concat([linked["ts"], batch["ts"]]).top_k(1).item())
        return linked

    def _trim(self, end: datetime) -> None:
        """Forget silent ids, once a day of log time."""
        if self._trimmed is None or end - self._trimmed > timedelta(days=1):
            self._open, self._trimmed = _fresh(self._open, end), end


def _none() -> pl.Expr:
    return pl.lit(value=False)


def _relatives(messages: pl.DataFrame) -> pl.DataFrame:
    pairs = [messages.select("host", queue_id=name) for name in ("child_queue_id", "parent_queue_id")]
    return pl.concat(pairs).drop_nulls("queue_id")


def _split(messages: pl.DataFrame, keys: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the messages into those of these keys and of their parents, and the rest."""
    if messages.is_empty():
        return messages, messages
    for _ in range(2):
        children = messages.select("host", "queue_id", child="child_queue_id", up="parent_queue_id")
        mine = children.join(
            keys, left_on=["host", "child"], right_on=["host", "queue_id"], how="semi", nulls_equal=True
        )
        above = children.join(keys, on=["host", "queue_id"], how="semi", nulls_equal=True)
        above = above.select("host", queue_id="up").drop_nulls("queue_id")
        keys = pl.concat([keys, mine.select("host", "queue_id"), above]).unique()
    on = ["host", "queue_id"]
    known, rest = (messages.join(keys, on=on, how=how, nulls_equal=True) for how in ("semi", "anti"))
    return known, rest


def _ends(frame: pl.DataFrame, queue_id: str, what: pl.Expr, roots: pl.DataFrame) -> pl.DataFrame:
    """Return host and queue id of the frame's rows that have this queue id, and what `cut` needs of them."""
    opens = pl.col("what").is_in([KINDS.index(kind) for kind in ("client", "pickup", "requeued")])
    closes = pl.col("what") == KINDS.index("removed")
    rows = frame.lazy().with_row_index("index").with_columns(queue_id=queue_id, what=what.cast(pl.UInt8))
    return (
        rows.filter(pl.col("queue_id").is_not_null())
        .select(
            "host",
            "queue_id",
            key=pl.struct("host", "queue_id").hash(),
            t=pl.col("ts").dt.epoch("us"),
            rank=pl.when(opens).then(OPENING).when(closes).then(CLOSING).otherwise(PLAIN).cast(pl.Int8),
            offset="source_offset",
            root=pl.col("instance").replace_strict(roots["instance"], roots["root"], default=0, return_dtype=pl.UInt32),
            once=pl.col("queue_id").str.contains("-", literal=True),
            what="what",
            index="index",
        )
        .collect()
    )


def _roots(*instances: pl.Series) -> pl.DataFrame:
    """Number the instances by the first part of their name: `postfix/submission` and `postfix/smtps` are one."""
    distinct = pl.concat(instances).unique().drop_nulls().to_frame("instance")
    return distinct.with_columns(root=pl.col("instance").str.split("/").list.first().rank("dense").cast(pl.UInt32))


def _rows(events: pl.DataFrame, messages: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of all queue ids, cut into lives, and host and queue id of each row by `place`."""
    roots = _roots(events["instance"], messages["instance"])
    kind = pl.col("kind").replace_strict(KINDS, range(len(KINDS)), return_dtype=pl.UInt8)
    parts = [
        _ends(messages, "queue_id", kind, roots),
        _ends(messages, "child_queue_id", pl.lit(CHILD_END), roots),
        _ends(messages, "parent_queue_id", pl.lit(PARENT_END), roots),
        _ends(events, "queue_id", pl.lit(EVENT), roots),
    ]
    both = pl.concat(parts).with_row_index("place")
    return cut(both.drop("host", "queue_id")), both.select("host", "queue_id")


def _link(events: pl.DataFrame, messages: pl.DataFrame, networks: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the linked events, and the messages that later events may need."""
    rows, names = _rows(events, messages)
    known = lives(rows, names, messages, networks)
    mine = rows.filter(pl.col("what") == EVENT)
    life = pl.repeat(None, events.height, dtype=pl.UInt32, eager=True).scatter(mine["index"], mine["life"])
    found = known.select(pl.col(name).gather(life).alias(f"known_{name}") for name in LINKED)
    linked = events.hstack(found).with_columns(_settled(events)).drop(found.columns)
    return linked.with_columns(origin=_outward()), _kept(rows, names, known, messages)


def _settled(events: pl.DataFrame) -> list[pl.Expr]:
    """Merge what the event's own line said with what its message's lines say."""
    inbound = pl.col("direction") == "inbound"
    columns = []
    for name in LINKED:
        known = pl.col(f"known_{name}")
        said = pl.col(name) if name in events.columns and name not in _TOLD else pl.lit(None)
        own_first = inbound & pl.lit(name != "origin")
        merged = pl.when(own_first).then(pl.coalesce(said, known)).otherwise(pl.coalesce(known, said))
        columns.append(merged.alias(name))
    return columns


def _outward() -> pl.Expr:
    """Call mail `forwarded` only where it went out again: what strangers send to our mailboxes has no such word."""
    inward = (pl.col("origin") == "forwarded") & (pl.col("direction") != "outbound")
    return pl.when(inward).then(None).otherwise("origin")


def _kept(rows: pl.DataFrame, names: pl.DataFrame, known: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """Return what later events may need: the telling lines of lives that are open, just removed, or parents of such."""
    family = _family(rows, known)
    mine = rows.filter(pl.lit(family).gather(pl.col("life")))
    own = mine.filter(pl.col("what") < KINDS.index("seen"))
    first = own.filter(pl.struct("life", "what").is_first_distinct())
    # A link to a child that is gone would make the next message under its id a child too.
    near = rows.filter((pl.col("what") == CHILD_END) & pl.lit(family).gather(pl.col("life")))
    links = mine.filter((pl.col("what") == KINDS.index("child")) & pl.col("index").is_in(near["index"].implode()))
    spans = mine.group_by("life").agg(pl.col("place").first(), pl.col("t").min(), last=pl.col("t").max())
    seen = names.select(pl.all().gather(spans["place"])).hstack(spans.select("t", "last"))
    return pl.concat([messages[first["index"]], messages[links["index"]], _seen(seen, "t"), _seen(seen, "last")])


def _seen(spans: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return rows that say no more than that an id was alive at an instant."""
    instant = pl.from_epoch(name, "us").dt.replace_time_zone("UTC")
    return MESSAGES.conform(spans.with_columns(ts=instant, kind=pl.lit("seen"), source_offset=pl.lit(0))).select(KEPT)


def _family(rows: pl.DataFrame, known: pl.DataFrame) -> pl.Series:
    """Tell for each life whether it is open, was just removed, or is a parent of such."""
    end: int = 0 if rows.is_empty() else rows.select(pl.col("t").max()).item()
    last = rows.filter((pl.col("life") != pl.col("life").shift(-1)).fill_null(value=True))["t"]
    open_still = pl.lit(last) > end - SILENCE
    just_closed = pl.col("removed_at") >= end - LINGER
    key = pl.struct("host", "queue_id")
    newest = (key != key.shift(-1)).fill_null(value=True)
    lasting = pl.when(pl.col("removed_at").is_null()).then(open_still).otherwise(just_closed)
    alive = known.select(newest & lasting).to_series()
    for _ in range(DEPTH):
        parents = known["parent"].filter(alive).drop_nulls()
        alive = alive.scatter(parents, values=True)
    return alive


def _fresh(messages: pl.DataFrame, end: datetime) -> pl.DataFrame:
    """Leave out the ids that have been silent for so long that they mean another message when they come again."""
    if messages.is_empty():
        return messages
    last = (
        messages.group_by("host", "queue_id")
        .agg(pl.col("ts").max())
        .filter(pl.col("ts") > end - timedelta(microseconds=SILENCE))
    )
    return messages.join(last, on=["host", "queue_id"], how="semi", nulls_equal=True)
