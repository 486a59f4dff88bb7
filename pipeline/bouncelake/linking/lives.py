"""Cuts the lines of one queue id into lives: short queue ids are used again for other messages.

A life begins with the line that opened the message (`client=`, `uid=`), or with the first line known of it. It ends
with `removed`, with the next opening line, or after six days of silence (Postfix gives up after five by default).
Exim's ids never return: each is one life.
Lines are taken in the order of their time, so the result does not depend on the order in which they were read.
"""

import polars as pl

SILENCE = 6 * 24 * 3600 * 1_000_000
"""Microseconds without a line after which an id means another message."""
LINGER = 60 * 1_000_000
"""Microseconds after `removed` in which a late line still belongs to the message."""
SWAP = 2 * 1_000_000
"""Microseconds by which a syslog daemon may write the opening line too late."""

OPENING, PLAIN, CLOSING = 0, 1, 2
"""Rank of a line among those of the same instant."""


def cut(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows sorted by key and time, with `life`: a number, from 0, that the rows of one message share.

    `rows` has `key` (UInt64 of host and queue id), `t` (microseconds), `rank` (OPENING, PLAIN or CLOSING), `offset`,
    `root` (number of the Postfix instance) and `once` (this id never returns); other columns stay. Two instances that
    hold the same id at once are told apart by `root`, which is otherwise ignored: the lines of one message may carry
    different instance names.
    """
    lives = _numbered(rows)
    clashing = lives.filter("clash")["key"].unique()
    if not clashing.is_empty():
        apart = pl.when(pl.col("key").is_in(clashing.implode())).then(pl.struct("key", "root").hash())
        lives = _numbered(rows.with_columns(key=apart.otherwise("key")))
    return lives.drop("clash")


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    frame = rows.sort("key", "t", "rank", "offset").with_columns(
        start=_first() | (pl.col("t") - pl.col("t").shift() > SILENCE).fill_null(value=False),
        opening=pl.col("rank") == OPENING,
        closing=pl.col("rank") == CLOSING,
    )
    return _open_again(_after_removal(frame)).select(*rows.columns, "life", "clash")


def _first() -> pl.Expr:
    return (pl.col("key") != pl.col("key").shift()).fill_null(value=True)


def _last(value: pl.Expr, *, where: str) -> pl.Expr:
    """Return the value at the nearest row above, or at the row itself, where the flag is set."""
    return pl.when(pl.col(where)).then(value).forward_fill()


def _after_removal(frame: pl.DataFrame) -> pl.DataFrame:
    """Start a new life at the first line that cannot be a late line of a removed message."""
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    frame = frame.with_columns(
        removed=_last(number, where="closing").shift(),
        removed_at=_last(pl.col("t"), where="closing").shift(),
        begun=_last(number, where="start"),
    )
    closed = (pl.col("removed") >= pl.col("begun")).fill_null(value=False)
    late = pl.col("opening") | (pl.col("t") > pl.col("removed_at") + LINGER)
    frame = frame.with_columns(beyond=closed & late).with_columns(count=pl.col("beyond").cum_sum())
    before = _last(pl.col("count"), where="closing").shift()
    return frame.with_columns(start=pl.col("start") | (pl.col("beyond") & (pl.col("count") - before == 1)))


def _open_again(frame: pl.DataFrame) -> pl.DataFrame:
    """Start a new life at an opening line of an open message: its `removed` was lost, or the id is in use twice."""
    opened = pl.col("opening").cast(pl.Int64).cum_sum()
    frame = frame.with_columns(
        openings=opened - _last(opened - pl.col("opening").cast(pl.Int64), where="start"),
        begun_at=_last(pl.col("t"), where="start"),
        other=(pl.col("root") != _last(pl.col("root"), where="opening").shift()).fill_null(value=False),
    )
    again = pl.col("opening") & (pl.col("openings") > 1)
    tardy = pl.col("opening") & (pl.col("openings") == 1) & (pl.col("t") - pl.col("begun_at") > SWAP)
    begins = pl.when("once").then(_first()).otherwise(pl.col("start") | again | tardy)
    return frame.with_columns(life=begins.cum_sum() - 1, clash=again & pl.col("other") & ~pl.col("once"))
