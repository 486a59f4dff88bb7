"""All lines of a message and of its relatives: filter hops, forwards, bounces, the same mail on another system."""

from datetime import datetime, timedelta

import polars as pl

from bouncelake.lake import Lake
from bouncelake.linking import relink
from bouncelake.schema import EVENTS, MESSAGES

REACH = timedelta(days=7)
"""How far from a known line its relatives are looked for: mail stays in queues for five days by default."""
ROUNDS = 4
MOST = 200
"""More messages than this are not followed to their relatives by Message-ID: that is a mailing, not a message."""

Frames = tuple[pl.DataFrame, pl.DataFrame]
_KEYS = ("message_key", "parent_key")


class Family:
    """The events and message lines of some messages and their relatives, found step by step."""

    def __init__(self, lake: Lake, *, hops: bool) -> None:
        """Take the lake, and whether the same Message-ID elsewhere is a relative."""
        self._lake = lake
        self._hops = hops

    def of(self, keys: set[str], ids: pl.DataFrame, span: tuple[datetime, datetime]) -> Frames:
        """Return the events and message lines of these messages and of their relatives.

        `ids` (`host`, `queue_id`) are those of the messages; message lines get a column `message_key`.
        """
        events, lines = EVENTS.empty(), _keyed(MESSAGES.empty())
        for _ in range(ROUNDS):
            before = len(keys), ids.height
            lines = self.lines(ids, span)
            events = self._events(keys, _message_ids(events, lines, keys) if self._hops else [], span)
            keys = keys | _relatives(events, lines, keys)
            ids = _ids(events, lines, keys, ids)
            if (len(keys), ids.height) == before:
                break
        return events, lines.filter(pl.col("message_key").is_in(list(keys)))

    def lines(self, ids: pl.DataFrame, span: tuple[datetime, datetime]) -> pl.DataFrame:
        """Return the message lines that name one of the ids, each with the key of its message."""
        names = ids["queue_id"].unique().implode()
        named = [pl.col(name).is_in(names) for name in ("queue_id", "child_queue_id", "parent_queue_id")]
        found = self._scan("messages", span).filter(pl.any_horizontal(named)).collect(engine="streaming")
        return _keyed(found)

    def _events(self, keys: set[str], message_ids: list[str], span: tuple[datetime, datetime]) -> pl.DataFrame:
        known = pl.Series(sorted(keys)).implode()
        named = [pl.col(name).is_in(known) for name in _KEYS]
        if message_ids:
            named.append(pl.col("message_id").is_in(pl.Series(message_ids).implode()))
        return self._scan("events", span).filter(pl.any_horizontal(named)).collect(engine="streaming")

    def _scan(self, table: str, span: tuple[datetime, datetime]) -> pl.LazyFrame:
        return self._lake.scan(table, span[0] - REACH, span[1] + REACH)


def _keyed(lines: pl.DataFrame) -> pl.DataFrame:
    """Return message lines with the key of their message, as linking gives it to an event of the same line."""
    if lines.is_empty():
        return lines.with_columns(message_key=pl.lit(None, pl.String))
    keys = relink(EVENTS.conform(lines), lines)["message_key"]
    return lines.with_columns(keys)


def _message_ids(events: pl.DataFrame, lines: pl.DataFrame, keys: set[str]) -> list[str]:
    mine = pl.col("message_key").is_in(list(keys))
    found = pl.concat([frame.filter(mine)["message_id"] for frame in (events, lines)]).drop_nulls().unique()
    return sorted(found.to_list()) if len(keys) <= MOST else []


def _relatives(events: pl.DataFrame, lines: pl.DataFrame, keys: set[str]) -> set[str]:
    """Return the keys that events name as theirs or their parent's, and those of lines that name a known child."""
    told = pl.concat([events[name] for name in _KEYS]).drop_nulls().to_list()
    mine = lines.filter(pl.col("message_key").is_in(list(keys)))
    children = pl.concat(
        [mine.select("host", queue_id=name) for name in ("child_queue_id", "parent_queue_id")]
    ).drop_nulls("queue_id")
    own = mine.select("host", "queue_id").unique()
    parents = lines.join(own, left_on=["host", "child_queue_id"], right_on=["host", "queue_id"], how="semi")
    below = lines.join(children, on=["host", "queue_id"], how="semi")
    near = below.filter(pl.col("kind") != "child") if not children.is_empty() else below
    return {*told, *_close(near, mine)["message_key"].drop_nulls(), *_close(parents, mine)["message_key"].drop_nulls()}


def _close(rows: pl.DataFrame, mine: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of messages that live while one of ours does: a short id returns for another message later."""
    if rows.is_empty() or mine.is_empty():
        return rows.clear()
    low, high = mine.select(pl.col("ts").min(), end=pl.col("ts").max()).row(0)
    return rows.filter(pl.col("ts").is_between(low - timedelta(minutes=1), high + timedelta(minutes=1)))


def _ids(events: pl.DataFrame, lines: pl.DataFrame, keys: set[str], known: pl.DataFrame) -> pl.DataFrame:
    mine = pl.col("message_key").is_in(list(keys))
    told = [frame.filter(mine).select("host", "queue_id") for frame in (events, lines)]
    named = [lines.filter(mine).select("host", queue_id=name) for name in ("child_queue_id", "parent_queue_id")]
    return pl.concat([known, *told, *named]).drop_nulls("queue_id").unique(maintain_order=True)
