"""Links events to the lines of their message, batch by batch, and once more from the tables."""

from datetime import datetime, timedelta

import polars as pl

from bouncelake.linking.attributes import CLIENT, DEPTH, lives
from bouncelake.linking.lives import CLOSING, LINGER, OPENING, PLAIN, SILENCE, cut
from bouncelake.schema import MESSAGES

LINKED = ("message_key", "parent_key", "origin", "sender", "message_id", *CLIENT, "size")
"""The columns of `events` that linking fills."""

KEPT = ("ts", "source_offset", "host", "instance", "queue_id", "kind", "sender", "message_id", *CLIENT, "size",
        "parent_queue_id", "child_queue_id")  # fmt: skip
"""The columns of `messages` that linking needs."""

_RANK = {"client": OPENING, "pickup": OPENING, "requeued": OPENING, "removed": CLOSING}


def open_ended() -> pl.Expr:
    """Tell events that lines not yet read may still complete: their opening line, sender or parent is unknown."""
    waiting = pl.col("message_key").str.ends_with("?") | pl.col("sender").is_null() | pl.col("parent_key").str.ends_with("?")
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
            return _link(events, messages.select(KEPT), self._networks)[0]
        batch = messages.select(KEPT)
        named = [frame.select("host", "queue_id").drop_nulls("queue_id") for frame in (events, batch)]
        keys = pl.concat([*named, _relatives(batch)]).unique()
        known, rest = _split(self._open, keys)
        linked, kept = _link(events, pl.concat([known, batch]), self._networks)
        self._open = pl.concat([rest, kept])
        self._trim(max(frame["ts"].max() for frame in (linked, batch) if not frame.is_empty()))
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
        mine = children.join(keys, left_on=["host", "child"], right_on=["host", "queue_id"], how="semi", nulls_equal=True)
        above = children.join(keys, on=["host", "queue_id"], how="semi", nulls_equal=True)
        above = above.select("host", queue_id="up").drop_nulls("queue_id")
        keys = pl.concat([keys, mine.select("host", "queue_id"), above]).unique()
    on = ["host", "queue_id"]
    known, rest = (messages.join(keys, on=on, how=how, nulls_equal=True) for how in ("semi", "anti"))
    return known, rest


def _narrow(frame: pl.DataFrame, what: str, queue_id: str, rank: pl.Expr, roots: pl.DataFrame) -> pl.DataFrame:
    """Return what `cut` needs of the frame's rows that have this queue id, and where they stand in it."""
    rows = frame.lazy().select(
        "host", "instance", pl.col(queue_id).alias("queue_id"), t=pl.col("ts").dt.epoch("us"), rank=rank, offset="source_offset",
        what=pl.lit(what), index=pl.int_range(pl.len(), dtype=pl.UInt32),
    ).drop_nulls("queue_id")
    rows = rows.join(roots.lazy(), on="instance", how="left", nulls_equal=True, maintain_order="left")
    return rows.with_columns(key=pl.struct("host", "queue_id").hash()).drop("instance").collect()


def _roots(*instances: pl.Series) -> pl.DataFrame:
    """Number the instances by the first part of their name: `postfix/submission` and `postfix/smtps` are one."""
    distinct = pl.concat(instances).unique().to_frame("instance")
    return distinct.with_columns(root=pl.col("instance").str.split("/").list.first().rank("dense").fill_null(0).cast(pl.UInt32))


def _rows(events: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    roots = _roots(events["instance"], messages["instance"])
    rank = pl.col("kind").replace_strict(_RANK, default=PLAIN, return_dtype=pl.Int8)
    plain = pl.lit(PLAIN, pl.Int8)
    parts = [
        _narrow(messages, "message", "queue_id", rank, roots),
        _narrow(messages, "child", "child_queue_id", plain, roots),
        _narrow(messages, "parent", "parent_queue_id", plain, roots),
        _narrow(events, "event", "queue_id", plain, roots),
    ]
    return cut(pl.concat(parts))


def _link(events: pl.DataFrame, messages: pl.DataFrame, networks: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the linked events, and the messages that later events may need."""
    rows = _rows(events, messages)
    known = lives(rows, messages, networks)
    mine = rows.filter(pl.col("what") == "event").select("index", "life")
    each = events.select(index=pl.int_range(pl.len(), dtype=pl.UInt32)).join(mine, on="index", how="left", maintain_order="left")
    found = each.join(known.select("life", *LINKED), on="life", how="left", maintain_order="left").select(
        pl.col(name).alias(f"known_{name}") for name in LINKED
    )
    linked = events.hstack(found).with_columns(_settled(events)).drop(found.columns)
    return linked.with_columns(origin=_outward()), _kept(rows, known, messages)


def _settled(events: pl.DataFrame) -> list[pl.Expr]:
    """Merge what the event's own line said with what its message's lines say."""
    inbound = pl.col("direction") == "inbound"
    columns = []
    for name in LINKED:
        known = pl.col(f"known_{name}")
        said = pl.col(name) if name in events.columns and name not in {"message_key", "parent_key", "origin"} else pl.lit(None)
        columns.append(pl.when(inbound).then(pl.coalesce(said, known)).otherwise(pl.coalesce(known, said)).alias(name))
    return columns


def _outward() -> pl.Expr:
    """Call mail `forwarded` only where it went out again: what a stranger sends to our own mailboxes has no such word."""
    inward = (pl.col("origin") == "forwarded") & (pl.col("direction") != "outbound")
    return pl.when(inward).then(None).otherwise("origin")


def _kept(rows: pl.DataFrame, known: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """Return what later events may need: of each life that is open, just removed, or parent of such, the telling lines."""
    family = _family(rows, known)
    mine = rows.join(family, on="life", how="semi", maintain_order="left")
    own = mine.filter(pl.col("what") == "message")
    said = messages[own["index"]].with_columns(own["life"])
    links = pl.col("child_queue_id").is_not_null()
    first = said.filter(~links & (pl.col("kind") != "seen")).unique(["life", "kind"], keep="first", maintain_order=True)
    spans = mine.group_by("life").agg(pl.col("host", "queue_id").first(), pl.col("t").min(), last=pl.col("t").max())
    seen = [spans.select("host", "queue_id", ts=pl.from_epoch(name, "us").dt.replace_time_zone("UTC")) for name in ("t", "last")]
    return pl.concat([first.drop("life"), said.filter(links).drop("life"), _seen(pl.concat(seen).unique())])


def _seen(spans: pl.DataFrame) -> pl.DataFrame:
    """Return rows that say no more than that an id was alive at an instant."""
    return MESSAGES.conform(spans.with_columns(kind=pl.lit("seen"), source_offset=pl.lit(0))).select(KEPT)


def _family(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    end = rows["t"].max() or 0
    last = rows.group_by("life").agg(last=pl.col("t").max())
    open_still = pl.col("last") > end - SILENCE
    just_closed = pl.col("removed_at") >= end - LINGER
    alive = known.join(last, on="life").filter(pl.when(pl.col("removed_at").is_null()).then(open_still).otherwise(just_closed))
    family = alive.select("life", "parent")
    for _ in range(DEPTH):
        above = known.select("life", "parent").join(family, left_on="life", right_on="parent", how="semi")
        family = pl.concat([family, above]).unique()
    return family.select("life")


def _fresh(messages: pl.DataFrame, end: datetime) -> pl.DataFrame:
    """Leave out the ids that have been silent for so long that they mean another message when they come again."""
    if messages.is_empty():
        return messages
    last = messages.group_by("host", "queue_id").agg(pl.col("ts").max()).filter(pl.col("ts") > end - timedelta(microseconds=SILENCE))
    return messages.join(last, on=["host", "queue_id"], how="semi", nulls_equal=True)
