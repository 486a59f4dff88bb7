"""Lines and offsets are those of the bytes, whatever the bytes are and however they come."""

import hashlib
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bouncelake.reading import Chunk, lines
from bouncelake.reading.chunks import fingerprint
from bouncelake.reading.cutting import LINE_LIMIT, cut

LIMIT = 8
BITS = st.sampled_from([b"\n", b"\r\n", b"\r", b"\0", b"\0" * 9, b"a", b"bcd", b"\xc3\xa4", b"\xff", b"\xef\xbb\xbf"])
STREAM = st.one_of(st.binary(max_size=200), st.lists(BITS, max_size=60).map(b"".join))


def expected_text(raw: bytes, limit: int) -> str:
    """Return what a line's bytes become, told in plain Python."""
    if len(raw) > limit and not raw[:limit].strip(b"\0"):
        raw = raw.lstrip(b"\0")
    raw = raw.removesuffix(b"\r")
    kept, rest = raw[:limit], raw[limit:]
    if rest:
        digest = hashlib.blake2b(rest, digest_size=16).hexdigest()
        kept += f" [... {len(rest)} more bytes, blake2b {digest}]".encode()
    return kept.decode("utf-8", "backslashreplace")


def expected(data: bytes, limit: int) -> list[tuple[int, str]]:
    """Return offset and text of each line, told in plain Python."""
    found, at = [], 0
    for raw in data.split(b"\n"):
        if at < len(data):
            found.append((at, expected_text(raw, limit)))
        at += len(raw) + 1
    return found


def chunks(data: bytes, size: int, *, final: bool = True, limit: int = LINE_LIMIT) -> Iterator[Chunk]:
    """Cut bytes that come in blocks of that size."""
    blocks = iter([data[at : at + size] for at in range(0, len(data), size)])
    return cut(lambda _: next(blocks, b""), size, final=final, limit=limit)


def rows(data: bytes, size: int, *, final: bool = True, limit: int = LINE_LIMIT) -> list[tuple[int, str]]:
    """Return all lines with their offsets."""
    frames = [lines(chunk) for chunk in chunks(data, size, final=final, limit=limit)]
    return [row for frame in frames for row in frame.rows()]


@given(STREAM, st.integers(1, 300))
def test_any_bytes_in_any_blocks(data: bytes, size: int) -> None:
    """The same lines and offsets come out for every size of block."""
    assert rows(data, size) == expected(data, LINE_LIMIT)


@given(STREAM, st.integers(1, 300), st.integers(2, LIMIT))
@example(bytes(9) + b"a\0\nb\n", 300, 8)
@example(bytes(9) + b"a" * 9 + b"\r\r\nb\n", 4, 8)
def test_long_lines_in_any_blocks(data: bytes, size: int, limit: int) -> None:
    """A line over the limit is cut, marked with the hash of its rest, and moves no offset."""
    assert rows(data, size, limit=limit) == expected(data, limit)


@given(STREAM, st.integers(1, 300))
def test_chunks_cover_the_stream(data: bytes, size: int) -> None:
    """Chunks follow each other without gap, their lengths add up, and they know the bytes before each line."""
    at = 0
    for chunk in chunks(data, size, limit=LIMIT):
        assert chunk.offset == at
        at = chunk.end
        for offset in [*lines(chunk)["offset"].to_list(), chunk.end]:
            assert chunk.tail(offset) == fingerprint(data[max(0, offset - 256) : offset])
    assert at == len(data)


@given(STREAM, st.integers(1, 300))
def test_partial_last_line_waits(data: bytes, size: int) -> None:
    """Without `final` exactly the bytes up to the last newline are read."""
    whole = data[: data.rfind(b"\n") + 1]
    assert rows(data, size, final=False, limit=LIMIT) == expected(whole, LIMIT)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", []),
        (b"\n", [(0, "")]),
        (b"a\n\nb", [(0, "a"), (2, ""), (3, "b")]),
        (b"a\r\nb\r\n", [(0, "a"), (3, "b")]),
        (b"a\rb\r\r\nc\n", [(0, "a\rb\r"), (6, "c")]),
        (b"\xef\xbb\xbfa\nb\n", [(0, "\ufeffa"), (5, "b")]),
        (b"\0\0a\0\nb\n", [(0, "\0\0a\0"), (5, "b")]),
        (b"\xff\xc3\n\xc3\xa4\nb\r\n", [(0, "\\xff\\xc3"), (3, "ä"), (6, "b")]),
        ("\u2028\u0085\v\fa\nb\n".encode(), [(0, "\u2028\u0085\v\fa"), (9, "b")]),
    ],
)
def test_lines_of_odd_bytes(data: bytes, found: list[tuple[int, str]]) -> None:
    """Only a newline ends a line; odd bytes are kept or escaped and counted in the offsets."""
    assert lines(Chunk(0, len(data), data)).rows() == found


def test_offsets_begin_at_the_chunk() -> None:
    """Offsets count from the stream's first byte, and the frame has the agreed types."""
    frame = lines(Chunk(1000, 1004, b"a\nb\n"))
    assert frame.schema == pl.Schema({"offset": pl.Int64(), "line": pl.String()})
    assert frame["offset"].to_list() == [1000, 1002]
    assert lines(Chunk(5, 5, b"")).schema == frame.schema


@pytest.mark.parametrize("extra", [-1, 0, 1, 2, 3 * LINE_LIMIT])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_limit_of_a_line(extra: int, end: bytes) -> None:
    """A line of the limit stays whole; one byte more, and it is cut; the next line's offset is right."""
    long = b"x" * (LINE_LIMIT + extra)
    data = b"first\n" + long + end + b"last\n"
    assert rows(data, 50_000) == rows(data, 1 << 20) == expected(data, LINE_LIMIT)
    assert len(rows(data, 1 << 20)[1][1]) <= LINE_LIMIT + 100


def test_rest_tells_long_lines_apart() -> None:
    """Two lines that differ only behind the limit have different texts."""
    one, other = (rows(b"x" * LINE_LIMIT + rest + b"\n", 1 << 20)[0][1] for rest in (b"1", b"2"))
    assert one != other
    assert one[:LINE_LIMIT] == other[:LINE_LIMIT]


def test_line_behind_a_hole_is_whole() -> None:
    """NULs before a line, as a truncated log has them, do not use up what is kept of it."""
    data = b"\0" * (5 * LINE_LIMIT) + b"Nov 11 12:00:00 mx postfix/smtp[1]: x\nnext\n"
    assert rows(data, 100_000) == [(0, "Nov 11 12:00:00 mx postfix/smtp[1]: x"), (len(data) - 5, "next")]


def test_tail_outside_the_chunk() -> None:
    """An offset that is not in the chunk is refused."""
    with pytest.raises(ValueError, match="outside the chunk"):
        Chunk(10, 12, b"a\n").tail(9)
