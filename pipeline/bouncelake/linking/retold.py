"""What Exim logs twice: a failure at the host and again for the recipient, and to syslog each refusal of our own.

The line about the recipient, and the first of two copies, is the event. What is left out depends on the lines' times,
never on how they came in.
"""

from datetime import timedelta

import polars as pl

WINDOW = timedelta(seconds=60)
"""How long after a host's failure the recipient's line is written at most."""
COPY = timedelta(seconds=2)
"""How long after a refusal its second copy comes at most."""
NEEDED = ("ts", "system", "host", "queue_id", "event", "stage", "reply", "remote_host", "remote_ip", "remote_port")
"""The columns that are asked for."""

_SERVER = ("remote_host", "remote_ip", "remote_port")
_KEY = ("host", "queue_id", "words")
_WORDS = 500
"""Characters of the reply that are compared: Exim cuts what it says about a recipient sooner."""


def retold(events: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """Tell the attempts that a line about a recipient tells again, and the server for each row.

    A recipient's line about a refused connection names no server: it is the one of the attempt. The frame of servers
    is as high as the events and null where the row's own is to stay.
    """
    rows = events.select(NEEDED).with_row_index("row").with_columns(words=pl.col("reply").str.head(_WORDS))
    exim = (pl.col("system") == "exim") & pl.col("queue_id").is_not_null() & pl.col("reply").is_not_null()
    # A refused recipient is logged at the host only if another host is tried.
    tries = rows.filter(exim & (pl.col("event") == "attempt") & (pl.col("stage") != "rcpt").fill_null(value=True))
    ends = rows.filter(exim & pl.col("event").is_in(["deferred", "bounced"]))
    if tries.is_empty() or ends.is_empty():
        return pl.repeat(value=False, n=events.height, eager=True), _unchanged(events)
    pairs = pl.concat([_pairs(ends, tries, [*_KEY, "remote_ip"]), _pairs(_nameless(ends), tries, [*_KEY])])
    again = tries.join(
        pairs, left_on=[*_KEY, "remote_ip", "ts"], right_on=[*_KEY, "ip", "tried"], how="semi", nulls_equal=True
    )
    gone = pl.repeat(value=False, n=events.height, eager=True).scatter(again["row"], values=True)
    return gone, _servers(events, pairs.filter("nameless"))


def copied(events: pl.DataFrame, key: str) -> pl.Series:
    """Tell the second copies of refusals that syslog got for the main log and for the reject log.

    `key` is the column that holds process and text. A client that is refused again gets two lines again.
    """
    mine = (pl.col("system") == "exim") & pl.col("host").is_not_null() & pl.col("direction").is_in(["inbound", "local"])
    rows = events.select("ts", "source_offset", "host", key, "direction", "system").with_row_index("row")
    rows = rows.filter(mine & pl.col(key).is_not_null()).sort("host", key, "ts", "source_offset")
    begins = (pl.struct("host", key) != pl.struct("host", key).shift()).fill_null(value=True)
    apart = begins | (pl.col("ts") - pl.col("ts").shift() > COPY).fill_null(value=True)
    rows = rows.with_columns(chain=apart.cum_sum())
    second = rows.filter(pl.int_range(pl.len()).over("chain") % 2 == 1)["row"]
    return pl.repeat(value=False, n=events.height, eager=True).scatter(second, values=True)


def once(events: pl.DataFrame) -> pl.DataFrame:
    """Return the events with each failure and each refusal once."""
    if not set(NEEDED) <= set(events.columns):
        return events
    gone, servers = retold(events)
    if "attempt" in events.columns:
        gone = gone | copied(events, "attempt")
    if not gone.any():
        return events
    named = events.with_columns(pl.coalesce(servers[name], events[name]).alias(name) for name in _SERVER)
    return named.filter(~gone)


def _nameless(ends: pl.DataFrame) -> pl.DataFrame:
    return ends.filter(pl.col("remote_ip").is_null())


def _pairs(ends: pl.DataFrame, tries: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Return the latest attempt before each line about a recipient that says the same."""
    nameless = "remote_ip" not in by
    left = ends.select("row", "ts", *(pl.col(name).fill_null("") for name in by)).sort("ts")
    right = tries.select(
        *(pl.col(name).fill_null("") for name in by), "ts", tried="ts", **{f"try_{name}": name for name in _SERVER}
    ).sort("ts", "try_remote_ip")
    found = left.join_asof(right, on="ts", by=by, strategy="backward", tolerance=WINDOW, check_sortedness=False)
    kept = found.filter(pl.col("tried").is_not_null())
    own = ends.select("row", *_KEY)
    return kept.select(
        "row", "tried", ip="try_remote_ip", nameless=pl.lit(nameless), **{name: f"try_{name}" for name in _SERVER}
    ).join(own, on="row", how="left", maintain_order="left")


def _unchanged(events: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(name, [None] * events.height, events.schema[name]) for name in _SERVER])


def _servers(events: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    rows = pl.DataFrame({"row": pl.int_range(events.height, dtype=pl.UInt32, eager=True)})
    found = rows.join(pairs.select("row", *_SERVER), on="row", how="left", maintain_order="left")
    return found.select(_SERVER)
