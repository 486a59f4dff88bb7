"""Compressed streams are told by content, read in bounded steps, and give all they have when damaged."""

import gzip
import lzma
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bouncelake.reading import BinaryInputError, Stream, decoding, lines, open_stream

Packed = tuple[str, Callable[[bytes], bytes]]
Opened = Callable[..., Stream]
Logged = Callable[..., bytes]


def text(stream: Stream, size: int = 10_000, *, final: bool = False) -> list[str]:
    """Return all lines of a stream."""
    return [line for chunk in stream.chunks(size, final=final) for line in lines(chunk)["line"]]


def plain(data: bytes) -> list[str]:
    """Return the whole lines of bytes."""
    return data.decode().split("\n")[:-1]


def test_told_by_content(packed: Packed, opened: Opened, logged: Logged) -> None:
    """A compressed file is read under a name that says nothing, and is finished."""
    kind, compress = packed
    stream = opened(compress(logged(0, 2000)), "mail.log")
    assert (stream.compression, text(stream)) == (kind, plain(logged(0, 2000)))
    assert stream.finished
    assert stream.error is None
    assert stream.done == stream.size


def test_several_members(packed: Packed, opened: Opened, logged: Logged) -> None:
    """Files that were compressed and then joined are one stream; lines may span the joint."""
    _, compress = packed
    data = logged(0, 300)
    stream = opened(b"".join(compress(data[at : at + 7001]) for at in range(0, len(data), 7001)))
    assert text(stream) == plain(data)
    assert stream.error is None


def test_zeros_behind_the_end(packed: Packed, opened: Opened, logged: Logged) -> None:
    """Padding by zeros is no damage, but for Arrow's Zstandard codec all before it is read as well."""
    kind, compress = packed
    stream = opened(compress(logged(0, 300)) + bytes(1024))
    assert text(stream) == plain(logged(0, 300))
    assert (stream.error is None) == (kind != "zst" or sys.version_info >= (3, 14))


def test_foreign_tail(packed: Packed, opened: Opened, logged: Logged) -> None:
    """Behind the end something else: the log is read, and the error names file and offset."""
    _, compress = packed
    data = compress(logged(0, 300))
    stream = opened(data + b"something else entirely")
    assert text(stream) == plain(logged(0, 300))
    assert "mail.log" in str(stream.error)
    assert f"at byte {stream.size}" in str(stream.error)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_truncated(packed: Packed, opened: Opened, logged: Logged, share: float) -> None:
    """A file cut short gives whole lines from its beginning, and is not finished: it may still be written."""
    _, compress = packed
    data = logged(0, 40_000)
    whole = compress(data)
    stream = opened(whole[: int(len(whole) * share)])
    found = text(stream)
    assert found == plain(data)[: len(found)]
    assert len(found) > 40_000 * share * 0.5 - 5000
    assert stream.error is not None
    assert not stream.finished


@pytest.mark.parametrize("size", range(1, 40))
def test_truncated_at_the_head(packed: Packed, opened: Opened, logged: Logged, size: int) -> None:
    """A file of which only the first bytes are there has no line, and nothing breaks."""
    _, compress = packed
    assert text(opened(compress(logged(0, 100))[:size])) == []


def test_truncated_gzip_gives_everything(opened: Opened, logged: Logged) -> None:
    """Without the end of the file, here its checksum, no line of a gzip file is lost."""
    stream = opened(gzip.compress(logged(0, 3000))[:-8])
    assert text(stream) == plain(logged(0, 3000))
    assert "end too early" in str(stream.error)


def test_error_is_known_with_the_last_chunk(opened: Opened, logged: Logged) -> None:
    """Who handles the last chunk can see already that the file was cut short."""
    stream = opened(gzip.compress(logged(0, 3000))[:-8])
    assert [stream.finished for _ in stream.chunks(50_000)][-1] is False


def test_damaged_in_the_middle(packed: Packed, opened: Opened, logged: Logged) -> None:
    """Damage ends the stream with an error, after lines that are all true."""
    kind, compress = packed
    data = logged(0, 40_000)
    whole = bytearray(compress(data))
    whole[len(whole) // 2 : len(whole) // 2 + 200] = bytes(200)
    stream = opened(bytes(whole))
    found = text(stream)
    if kind != "zst":
        assert stream.error is not None
    assert len([line for line, true in zip(found, plain(data), strict=False) if line == true]) > 5000


def test_growing_compressed_file(tmp_path: Path, logged: Logged) -> None:
    """A file that is still being compressed yields its whole lines now and the rest from there later."""
    path, data = tmp_path / "mail.log.1", logged(0, 20_000)
    whole = gzip.compress(data)
    path.write_bytes(whole[: len(whole) // 2])
    with open_stream(path) as stream:
        first = list(stream.chunks(30_000))
    path.write_bytes(whole)
    with open_stream(path) as stream:
        second = list(stream.chunks(30_000, first[-1].end))
    assert b"".join(chunk.data for chunk in first + second) == data
    assert second[0].before == data[second[0].offset - 256 : second[0].offset]


def test_resume_behind_the_end(packed: Packed, opened: Opened, logged: Logged) -> None:
    """An offset that the stream does not reach gives nothing."""
    _, compress = packed
    data = logged(0, 100)
    assert list(opened(compress(data)).chunks(1000, len(data) + 1)) == []
    assert list(opened(compress(data)).chunks(1000, len(data))) == []


def test_bomb(packed: Packed, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that swell without measure end in an error that says so, in little memory."""
    _, compress = packed
    monkeypatch.setattr(decoding, "BOMB_SIZE", 1 << 24)
    stream = opened(compress(b"start\n" + bytes(1 << 26)))
    tracemalloc.start()
    found = text(stream, 1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == ["start"]
    assert "bomb" in str(stream.error)
    assert peak < 20 << 20


def test_high_ratio_of_a_small_log_is_fine(opened: Opened) -> None:
    """A log of many equal lines shrinks a thousandfold and is read."""
    data = b"Nov 11 12:00:00 mx postfix/qmgr[1]: warning: the same again\n" * 100_000
    stream = opened(lzma.compress(data))
    assert len(text(stream)) == 100_000
    assert stream.error is None


def test_greedy_xz(opened: Opened, logged: Logged) -> None:
    """An xz file that wants more memory than we give is an error, no crash."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20}]
    try:
        data = lzma.compress(logged(0, 10), filters=filters)
    except MemoryError:
        pytest.skip("not enough memory to make such a file")
    stream = opened(data)
    assert text(stream) == []
    assert "emory" in str(stream.error)


def test_compressed_twice(opened: Opened, logged: Logged) -> None:
    """A file compressed twice is refused with the way out."""
    with pytest.raises(BinaryInputError, match="decompress it once"):
        opened(gzip.compress(gzip.compress(logged(0, 100))))


def test_time_in_the_header(opened: Opened, logged: Logged) -> None:
    """A gzip header's time wins over the file's, and without one the file's holds."""
    when = datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert opened(gzip.compress(logged(0, 1), mtime=int(when.timestamp()))).modified == when
    assert opened(gzip.compress(logged(0, 1), mtime=0)).modified > when


def test_name_tells_nothing(opened: Opened, logged: Logged) -> None:
    """A plain log called .gz is read as what it is."""
    stream = opened(logged(0, 10), "mail.log.gz")
    assert stream.compression is None
    assert text(stream) == plain(logged(0, 10))
