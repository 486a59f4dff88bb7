"""Exim's records that take more than one line: cut for syslog, or told in two parts.

Lines that belong together are those of one process. A line waits for its rest only within a bounded number of bytes,
so what comes out depends neither on where chunks are cut nor on where an earlier run stopped.
"""

from dataclasses import dataclass

import polars as pl

from bouncelake.framing import exim

PIECES = r" \[[0-9]+[/\\][0-9]+\] "
"""What stands before each piece of a record that was cut for syslog."""
FIRST_PIECE = "[1/"

_MARK = r"^ ?\[[0-9]+[/\\]"
_PIECE = r"^ ?\[(?<n>[0-9]+)(?<end>[/\\])(?<m>[0-9]+)\] (?<part>.*)$"
_CUT_SPAN = 1 << 20
_SCRIPT_SPAN = 1 << 14
_PROCESS = ("host", "tag", "pid")

_INNER = rf"^(?:{exim.STAMP} )?(?:\[[0-9]+\] )?"
_SCRIPT = rf"{_INNER}cwd=(?<dir>.*?) [0-9]+ args: (?<args>.*)$"
# Exim calls itself to deliver, to run the queue and to bounce; people call it to look.
_NOT_SENDING = r" -(?:M|q|R|S|bd|bp|bP|bV|bt|bv|be|bi|bh|bf|bF|bw|d|E[0-9A-Za-z]{6}-)"
_LOCAL = rf"{_INNER}{exim.ID} <= .* U=(?<user>[^ ]+) .*P=local"


@dataclass(frozen=True, slots=True)
class Completed:
    """Headed lines with their rest, how many lines went into others, and the offset of the first that still waits."""

    rows: pl.DataFrame
    merged: int
    held: int | None


def completed(rows: pl.DataFrame, end: int | None) -> Completed:
    """Return Exim's headed lines (in log order) as whole records.

    The directory of a sending script is put behind the text of the message's arrival, after a newline.

    Args:
        rows: Headed lines of all programs.
        end: Offset of the last line read so far; null when no more will come.
    """
    result = Completed(rows, 0, None)
    mine = rows.select(_own()).to_series()
    if not mine.any():
        return result
    texts = rows["text"].filter(mine)
    cut, script = (texts.str.contains(mark).any() for mark in (_MARK, "cwd="))
    if cut:
        result = _put_together(rows, end)
    if script:
        scripts = _with_scripts(result.rows, end)
        held = min((one for one in (result.held, scripts.held) if one is not None), default=None)
        result = Completed(scripts.rows, result.merged, held)
    return result


def _own() -> pl.Expr:
    return pl.col("tag").str.starts_with("exim").fill_null(value=False)


def _put_together(rows: pl.DataFrame, end: int | None) -> Completed:
    """Join pieces up to the record's first newline; the pieces after it are headers of a rejected message."""
    groups = pl.col("text").str.extract_groups(_PIECE).struct.unnest()
    frame = rows.with_columns(groups).with_columns(pl.col("n", "m").str.to_integer(strict=False))
    mine = _own() & pl.col("n").is_not_null()
    pieces, rest = frame.filter(mine), frame.filter(~mine)
    chains = _chains(pieces)
    whole = chains.filter(pl.col("started"))
    joined = whole.with_columns(
        text="joined",
        line=pl.col("line").str.head(pl.col("line").str.len_chars() - pl.col("text").str.len_chars()) + "joined",
    )
    waiting = whole.filter(pl.col("open"))
    if end is not None:
        waiting = waiting.filter(pl.col("offset") > end - _CUT_SPAN)
    held = None if end is None else waiting["offset"].min()
    both = pl.concat([rest.select(rows.columns), joined.select(rows.columns)]).sort("offset")
    return Completed(both, pieces.height - whole.height, held if isinstance(held, int) else None)


def _chains(pieces: pl.DataFrame) -> pl.DataFrame:
    """Return one row per record: that of its first piece, with the text of all up to the newline."""
    begin = (pl.col("n") == 1).cast(pl.Int64).cum_sum().over(_PROCESS)
    frame = pieces.with_columns(begin=begin)
    keys = [*_PROCESS, "begin"]
    # A piece belongs while all before it ended by length, followed one another, and are near.
    follows = (
        (pl.col("n") == pl.int_range(1, pl.len() + 1).over(keys))
        & (pl.col("m") == pl.col("m").first().over(keys))
        & (pl.col("offset") - pl.col("offset").first().over(keys) <= _CUT_SPAN)
    )
    unbroken = (pl.col("end") == "/").shift(1, fill_value=True).over(keys) & follows
    frame = frame.with_columns(fits=unbroken.cast(pl.Int8).cum_min().over(keys) == 1)
    last = (
        frame.filter("fits")
        .group_by(keys, maintain_order=True)
        .agg(
            joined=pl.col("part").str.join(""),
            open=(pl.col("end").last() == "/") & (pl.col("n").last() < pl.col("m").last()),
        )
    )
    first = frame.filter(pl.int_range(pl.len()).over(keys) == 0)
    told = first.join(last, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return told.with_columns(started=pl.col("n") == 1, open=pl.col("open").fill_null(value=False))


def _with_scripts(rows: pl.DataFrame, end: int | None) -> Completed:
    """Tell arrivals which directory they were sent from.

    Without a pid in the lines only a directory that names the user is believed.
    """
    exims = rows.filter(_own()).select("offset", pl.col("host").fill_null(""), pl.col("pid").fill_null(""), "text")
    scripts = exims.filter(pl.col("text").str.contains("cwd=", literal=True)).with_columns(_groups(_SCRIPT))
    scripts = scripts.filter(pl.col("dir").is_not_null() & ~(" " + pl.col("args")).str.contains(_NOT_SENDING))
    local = exims.filter(pl.col("text").str.contains(" U=", literal=True)).with_columns(_groups(_LOCAL))
    local = local.filter(pl.col("user").is_not_null())
    pairs = local.select("offset", "host", "pid", "user").join_asof(
        scripts.select("host", "pid", "dir", script="offset"), left_on="offset", right_on="script",
        by=["host", "pid"], strategy="backward", tolerance=_SCRIPT_SPAN, check_sortedness=False,
    )  # fmt: skip
    named = ("/" + pl.col("dir") + "/").str.contains("/" + pl.col("user") + "/", literal=True)
    pairs = pairs.filter(pl.col("dir").is_not_null() & ((pl.col("pid") != "") | named))
    pairs = pairs.unique("script", keep="first", maintain_order=True)
    told = rows.join(pairs.select("offset", "dir"), on="offset", how="left", maintain_order="left")
    text = pl.when(pl.col("dir").is_not_null()).then(pl.col("text") + "\n" + pl.col("dir")).otherwise("text")
    held = None
    if end is not None:
        open_still = scripts.filter(pl.col("offset") > end - _SCRIPT_SPAN)
        held = open_still.join(pairs.select("script"), left_on="offset", right_on="script", how="anti")["offset"].min()
    return Completed(told.with_columns(text=text).drop("dir"), 0, held if isinstance(held, int) else None)


def _groups(pattern: str) -> pl.Expr:
    return pl.col("text").str.extract_groups(pattern).struct.unnest()
