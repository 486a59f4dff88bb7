"""A stream gives whole lines in little memory, from files that grow, have holes, or are no logs at all."""

import io
import os
import sys
import tarfile
import tempfile
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from bouncelake.errors import InputError
from bouncelake.reading import BinaryInputError, Input, Stream, lines, open_stream, raw

Opened = Callable[..., Stream]
Logged = Callable[..., bytes]
MEGABYTE = 1 << 20


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> Stream:
    """Return standard input that holds these bytes, as from a pipe."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return open_stream(Input(None, "-"))


def read(stream: Stream, start: int = 0, *, final: bool = False) -> bytes:
    """Return all data of a stream."""
    return b"".join(chunk.data for chunk in stream.chunks(5000, start, final=final))


def test_growth(opened: Opened, logged: Logged) -> None:
    """What is half written waits, and comes whole with the next run."""
    data = logged(0, 100)
    first = list(opened(data[:-10]).chunks(1000))
    assert first[-1].end == data[:-10].rfind(b"\n") + 1
    assert b"".join(chunk.data for chunk in first) + read(opened(data), first[-1].end) == data


def test_final_line_without_newline(opened: Opened) -> None:
    """On request a last line without newline is read, and its end is the stream's."""
    chunks = list(opened(b"a\nlast").chunks(final=True))
    assert [chunk.data for chunk in chunks] == [b"a\n", b"last"]
    assert chunks[-1].end == 6
    assert read(opened(b"a\nlast")) == b"a\n"


def test_growth_while_reading(tmp_path: Path, logged: Logged) -> None:
    """A file that grows faster than it is read ends where it ended when it was opened."""
    path = tmp_path / "mail.log"
    path.write_bytes(logged(0, 100))
    with open_stream(path) as stream, path.open("ab") as writer:
        writer.write(logged(100, 200))
        writer.flush()
        assert read(stream) == logged(0, 100)
    with open_stream(path) as stream:
        assert read(stream, len(logged(0, 100))) == logged(100, 200)


def test_truncation_while_reading(tmp_path: Path, logged: Logged) -> None:
    """A file that is emptied while it is read just ends."""
    path = tmp_path / "mail.log"
    path.write_bytes(logged(0, 1000))
    with open_stream(path) as stream:
        chunks = stream.chunks(5000)
        first = next(chunks)
        os.truncate(path, 0)
        rest = b"".join(chunk.data for chunk in chunks)
    assert logged(0, 1000).startswith(first.data + rest)


@pytest.mark.parametrize("data", [b"", b"\n", b"no newline"])
def test_little(opened: Opened, data: bytes) -> None:
    """Empty files and files without a whole line are read without trouble."""
    stream = opened(data)
    assert read(stream) == data[: data.rfind(b"\n") + 1]
    assert stream.error is None
    assert not stream.finished


def test_hole(tmp_path: Path, logged: Logged) -> None:
    """A sparse file, as a truncated log leaves it, is read at once and its lines stand where they stand."""
    path, size = tmp_path / "mail.log", 1 << 40
    with path.open("wb") as file:
        file.seek(size)
        file.write(logged(0, 3))
    with open_stream(path) as stream:
        frames = [lines(chunk) for chunk in stream.chunks()]
        head = stream.head()
    rows = [row for frame in frames for row in frame.rows()]
    assert [line for _, line in rows] == logged(0, 3).decode().splitlines()
    assert [offset for offset, _ in rows][:2] == [0, size + logged(0, 3).find(b"\n") + 1]
    assert (head.lines, head.complete) == (1, False)


def test_file_of_nothing_but_a_hole(tmp_path: Path) -> None:
    """A huge empty file has no line and takes no time."""
    path = tmp_path / "lastlog"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with open_stream(path) as stream:
        assert read(stream) == b""


def test_huge_line_in_little_memory(tmp_path: Path) -> None:
    """A line of 30 MB is skipped while it is read."""
    path = tmp_path / "mail.log"
    with path.open("wb") as file:
        file.write(b"before\n")
        for _ in range(30):
            file.write(b"x" * MEGABYTE)
        file.write(b"\nafter\n")
    tracemalloc.start()
    with open_stream(path) as stream:
        rows = [row for chunk in stream.chunks(MEGABYTE) for row in lines(chunk).rows()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [offset for offset, _ in rows] == [0, 7, 8 + 30 * MEGABYTE]
    assert len(rows[1][1]) < 66_000
    assert peak < 8 * MEGABYTE


BINARIES = {
    "picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "program": b"\x7fELF\x02\x01\x01\0",
    "Parquet": b"PAR1\x15\x04",
    "journal": b"LPKSHHRH\0\0",
    "zip": b"PK\x03\x04\x14\0",
    "UTF-16": "Nov 11 12:00:00 mx postfix".encode("utf-16"),
    "binary data": bytes(range(256)) * 40,
    "binary data; if": b"".join(b"\x07\0\0\0tty%d\0\0\0\0root\0\0\0" % n for n in range(200)),
}


@pytest.mark.parametrize("kind", sorted(BINARIES))
def test_binary(opened: Opened, kind: str) -> None:
    """A binary file is refused with its name and what it is, not line by line."""
    with pytest.raises(BinaryInputError, match=kind) as caught:
        opened(BINARIES[kind])
    assert "mail.log" in str(caught.value)


def test_tar(opened: Opened, logged: Logged) -> None:
    """A tar archive of logs is refused with the way out."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("mail.log")
        entry.size = len(logged(0, 100))
        tar.addfile(entry, io.BytesIO(logged(0, 100)))
    with pytest.raises(BinaryInputError, match="unpack"):
        opened(archive.getvalue())


@pytest.mark.parametrize(
    "data",
    [
        "Nov 11 12:00:00 mx postfix/smtp[1]: ä € \U0001f4e7\n".encode() * 50,
        "Nov 11 12:00:00 mx postfix/smtp[1]: Grüße aus Köln\n".encode("latin-1") * 50,
        bytes(500) + b"Nov 11 12:00:00 mx postfix/smtp[1]: x\n" * 50,
        b"\x1b[36mmail  |\x1b[0m Nov 11 12:00:00 mx postfix/smtp[1]: x\n" * 50,
        b"Nov 11 12:00:00 mx postfix/smtp[1]: \x01 once\n",
    ],
)
def test_odd_logs_are_logs(opened: Opened, data: bytes) -> None:
    """Other encodings, leading NULs, terminal colours and a stray control byte make no binary file."""
    assert read(opened(data)) == data


def test_missing_and_unreadable(tmp_path: Path) -> None:
    """A missing path, a folder and a device are errors that name the path."""
    for path in (tmp_path / "none", tmp_path, Path("/dev/null")):
        with pytest.raises(InputError, match=str(path)):
            open_stream(path)


def test_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that we may not read is an error that says so."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "mail.log").touch()
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError, match="cannot be opened: Permission denied"):
        open_stream(tmp_path / "mail.log")


def test_input_output_error(opened: Opened, logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails in the middle is an error with the offset, after the lines before it."""
    stream, pread = opened(logged(0, 9000)), os.pread

    def fail(descriptor: int, size: int, offset: int) -> bytes:
        if offset > 300_000:
            raise OSError(5, "Input/output error")
        return pread(descriptor, size, offset)

    monkeypatch.setattr(os, "pread", fail)
    found = b"".join(chunk.data for chunk in stream.chunks())
    assert logged(0, 9000).startswith(found)
    assert len(found) > 300_000
    assert "Input/output error" in str(stream.error)


def test_name_is_escaped(tmp_path: Path) -> None:
    """A name with a newline, a control byte or no UTF-8 becomes one line of visible text."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\nb\x1b[2J\xff.log"))
    path.write_bytes(b"x\n")
    with open_stream(path) as stream:
        assert stream.name == f"{tmp_path}/a\\nb\\x1b[2J\\xff.log"
        stream.name.encode()


def test_pipe(monkeypatch: pytest.MonkeyPatch, packed: tuple[str, Callable[[bytes], bytes]], logged: Logged) -> None:
    """Standard input is told by content too, may be looked at first, and its last line needs no newline."""
    kind, compress = packed
    stream = pipe(monkeypatch, compress(logged(0, 500) + b"last"))
    with stream:
        assert stream.head().lines == 501
        peeked = stream.peek()
        assert peeked is not None
        assert peeked.data.startswith(logged(0, 100))
        assert (stream.compression, stream.finished) == (kind, True)
        assert read(stream) == logged(0, 500) + b"last"


def test_big_pipe_is_set_aside_on_disk(monkeypatch: pytest.MonkeyPatch, logged: Logged) -> None:
    """Looking far into a pipe loses nothing of it."""
    monkeypatch.setattr(raw, "SPOOL_IN_MEMORY", 1000)
    data = logged(0, 3000)
    with pipe(monkeypatch, data) as stream:
        assert set(stream.places([10, 100_000, len(data) + 1])) == {10, 100_000}
        assert read(stream, 100_000) == data[100_000:]


def test_no_room_to_set_aside(monkeypatch: pytest.MonkeyPatch, logged: Logged) -> None:
    """A full disk is an error that says what to do, never half a log."""

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda _: Full())
    with pytest.raises(InputError, match="TMPDIR"):
        pipe(monkeypatch, logged(0, 100))


def test_standard_input_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, logged: Logged) -> None:
    """Standard input that is a file is read in place, and is finished all the same."""
    path = tmp_path / "mail.log"
    path.write_bytes(logged(0, 100))
    with path.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        with open_stream(Input(None, "-")) as stream:
            assert (stream.size, stream.finished) == (path.stat().st_size, True)
            assert read(stream) == logged(0, 100)
        assert not file.closed


def test_standard_input_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without standard input there is a message, no crash."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        open_stream(Input(None, "-"))


def test_named_pipe(tmp_path: Path, logged: Logged) -> None:
    """A named pipe, as the shell makes for `<(zcat mail.log.1.gz)`, is read like standard input."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(logged(0, 2000),))
    writer.start()
    with open_stream(path) as stream:
        assert stream.head().lines == 2000
        assert read(stream) == logged(0, 2000)
        assert stream.finished
    writer.join()


def test_heads_do_not_depend_on_the_way(opened: Opened, logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads are those of the content: whatever follows, and however it is read."""
    short, long = opened(logged(0, 1000)).head(), opened(logged(0, 9000)).head()
    assert (short.lines, len(short.hashes), short.complete) == (1000, 10, True)
    assert (long.lines, len(long.hashes), long.complete) == (4096, 13, False)
    assert long.hashes[:10] == short.hashes
    with pipe(monkeypatch, logged(0, 9000)) as stream:
        assert stream.head() == long


def test_head_of_long_lines_is_bounded(opened: Opened) -> None:
    """Many long lines end the head early, at a place that only the content decides."""
    data = b"".join(b"%d " % n + b"x" * 50_000 + b"\n" for n in range(400))
    head = opened(data).head()
    assert (len(head.hashes), head.complete) == (8, False)
    assert opened(data + b"more\n" * 5000).head() == head
