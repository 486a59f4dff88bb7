"""The log's own lines, read back from where they came from, each checked to be the very line."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from bouncelake.digest import digests
from bouncelake.errors import InputError
from bouncelake.framing import Clock, Framer
from bouncelake.reading import Stream, lines, open_stream

READ_BACK, CHANGED, GONE = "read back", "another line stands there now", "the log is gone"
WINDOW = 64 * 1024
LONGEST = 4000
"""Bytes of a line that are shown."""
MOST_FILES = 40
_SYSLOG = ("postfix", "exim")
_FOUND = pl.Schema(
    {"source": pl.String, "source_offset": pl.Int64, "line": pl.String, "found": pl.String, "log": pl.String}
)


def read_back(steps: pl.DataFrame, heads: dict[str, list[str]]) -> pl.DataFrame:
    """Return for each source and offset of the steps the line, the file it was found in, and how that went.

    A log that was rotated is looked for beside its old name; `heads` are the hashes of each source's first lines, so
    that only the right file is read. A compressed log is decompressed up to the last wanted line, in pieces.
    """
    wanted = steps.select("source", "source_name", "source_offset", "line_id", "system", "vendor_event_id", "ts")
    rows = [row for (source, name), part in wanted.unique().group_by("source", "source_name") for row in
            _of_source(str(name), part.sort("source_offset"), heads.get(str(source), []))]  # fmt: skip
    return pl.DataFrame(rows, schema=_FOUND, orient="row").unique(["source", "source_offset"], keep="first")


def _of_source(name: str, wanted: pl.DataFrame, heads: list[str]) -> list[tuple[str, int, str | None, str, str]]:
    """Return the rows of one source."""
    places = wanted.select("source", "source_offset").rows()
    # A log of which a line was changed begins like itself in its first lines only: the second choice.
    for least in (len(heads), 1):
        for path in _candidates(name):
            told = _tried(path, wanted, heads, least)
            if told is not None:
                return [(source, at, *_shown(told.get(at)), str(path)) for source, at in places]
    return [(source, at, None, GONE, name) for source, at in places]


def _tried(path: Path, wanted: pl.DataFrame, heads: list[str], least: int) -> dict[int, tuple[str, bool]] | None:
    """Return what stands at the wanted places of a file, null if it is another log."""
    try:
        with open_stream(path) as stream:
            pairs = list(zip(stream.head(final=True).hashes[:least], heads, strict=False))
            alike = all(one == other for one, other in pairs)
            return dict(_told(stream, wanted)) if alike and (pairs or not heads) else None
    except InputError:
        return None


def _shown(told: tuple[str, bool] | None) -> tuple[str | None, str]:
    if told is None:
        return None, CHANGED
    line, same = told
    return (line, READ_BACK) if same else (None, CHANGED)


def _candidates(name: str) -> Iterator[Path]:
    """Yield the file of that name, then what a rotation may have made of it, newest first."""
    path = Path(name)
    if name == "-":
        return
    if path.is_file():
        yield path
    stem = path.name.split(".log")[0] + ".log" if ".log" in path.name else path.name.split(".")[0]
    try:
        beside = [one for one in path.parent.glob(f"{_literal(stem)}*") if one.is_file() and one != path]
        beside.sort(key=lambda one: (-one.stat().st_mtime, one.name))
    except OSError:
        return
    yield from beside[:MOST_FILES]


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _told(stream: Stream, wanted: pl.DataFrame) -> Iterator[tuple[int, tuple[str, bool]]]:
    """Yield each wanted offset that the stream has, with its line and whether that is the line of the event."""
    if wanted["system"][0] not in _SYSLOG:
        yield from _values(stream, wanted)
        return
    rest = wanted
    while not rest.is_empty():
        start = rest["source_offset"][0]
        chunk = next(stream.chunks(WINDOW, start, final=True), None)
        if chunk is None:
            return
        here = rest.filter(pl.col("source_offset") < max(chunk.end, start + 1))
        yield from _checked(lines(chunk), here)
        rest = rest.filter(pl.col("source_offset") >= max(chunk.end, start + 1))


def _checked(text: pl.DataFrame, wanted: pl.DataFrame) -> Iterator[tuple[int, tuple[str, bool]]]:
    """Yield the wanted lines of a chunk; a line is the right one if its record has the identity that was kept."""
    moment = wanted["ts"][0]
    clock = Clock(ZoneInfo("UTC"), moment.year, moment, moment + timedelta(days=1))
    framer = Framer("", clock)
    records = pl.concat([framer.frame(text).records, framer.finish().records]).select("offset", "line")
    kept = records.select("offset", digest=digests(records["line"])).unique()
    shown = dict(text.filter(pl.col("offset").is_in(wanted["source_offset"].implode())).rows())
    known = set(kept.rows())
    for offset, identity in wanted.select("source_offset", "line_id").rows():
        if offset in shown:
            same = (offset, str(identity).partition(".")[0]) in known
            yield offset, (shown[offset].encode()[:LONGEST].decode("utf-8", "ignore"), same)


def _values(stream: Stream, wanted: pl.DataFrame) -> Iterator[tuple[int, tuple[str, bool]]]:
    """Yield what stands at the offsets of a provider's events; it is the right one if it holds the event's own id."""
    for offset, identity in wanted.select("source_offset", "vendor_event_id").rows():
        block = next(stream.blocks(WINDOW, offset), b"")
        text = block.split(b"\n", 1)[0].decode("utf-8", "backslashreplace")
        yield offset, (text[:LONGEST], bool(block) and (identity is None or str(identity) in text))
