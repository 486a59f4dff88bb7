"""One input as a stream of decompressed bytes: opened, cut into chunks, looked at without being used up."""

import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from bouncelake.errors import InputError
from bouncelake.reading.chunks import Chunk, fingerprint
from bouncelake.reading.cutting import Cutter
from bouncelake.reading.decoding import PIECE, DamagedInputError, detect, open_reader
from bouncelake.reading.discovery import Input, printable
from bouncelake.reading.raw import FileRaw, PipeRaw, Raw, open_file
from bouncelake.reading.text import HEAD, check_text

CHUNK = 8 * 1024 * 1024
PART = 256 * 1024
"""Bytes read at a time: memory for so few is used again, for more it would be fetched from the system each time."""
HEAD_LINES = 4096
HEAD_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """How a stream begins: hashes of its first 1, 2, 4, 8, ... lines, and how many whole lines were looked at.

    `complete` is true when these are all the whole lines that the stream has.
    """

    hashes: list[str]
    lines: int
    complete: bool

    @property
    def whole(self) -> bool:
        """True if the last hash covers every whole line of the stream."""
        return self.complete and self.lines == 1 << (len(self.hashes) - 1)


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at an offset: the hash of the 256 bytes before it, and whether no line is cut in two there."""

    tail: str
    between_lines: bool


class Stream:
    """One opened input. Use it in a `with` statement.

    `name` can be stored and printed. `compression` is `gz`, `bz2`, `xz`, `zst` or null. `modified` is when the log was
    last written, as far as the file tells. `size` is the input's size in bytes before decompression, null for a pipe.
    `error` is set once the input turned out damaged; what stands before the damage is delivered all the same.
    """

    def __init__(self, raw: Raw, name: str, *, piped: bool) -> None:
        self.name = name
        self.error: InputError | None = None
        self._raw = raw
        self._piped = piped
        head = self._first_bytes(raw)
        self.compression = detect(head)
        self.size = raw.size
        self.modified = (self.compression == "gz" and _gzip_time(head)) or raw.modified
        self._reader = open_reader(raw, name, self.compression)
        check_text(self._text_head(), name)

    @property
    def finished(self) -> bool:
        """True if the stream cannot grow: standard input, a pipe, or a compressed file that was not found cut short."""
        return self._piped or (self.compression is not None and self.error is None)

    @property
    def done(self) -> int:
        """How many bytes of the input, before decompression, were read up to the present position."""
        return self._raw.position

    def chunks(self, size: int = CHUNK, start: int = 0, *, final: bool = False) -> Iterator[Chunk]:
        """Yield whole lines from byte `start` of the decompressed stream to its end, about `size` bytes at a time.

        A last line without newline is left for the next run, unless `final` or the stream is finished. Damage ends the
        stream and sets `error`; a `start` behind the end yields nothing. A pipe gives its chunks once. When the last
        chunk arrives, `error` and `finished` have their final value.
        """
        self._raw.settle()
        held: Chunk | None = None
        for chunk in self._cut(size, start, final=final):
            if held is not None:
                yield held
            held = chunk
        if held is not None:
            yield held

    def blocks(self, size: int = CHUNK, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes from `start` to the end as they are, `size` at a time.

        Damage ends the stream and sets `error`. A pipe gives its bytes once.
        """
        self._raw.settle()
        if self._go(start):
            for parts in self._blocks(size):
                yield b"".join(parts)

    def sample(self) -> bytes:
        """Return the first bytes of the stream (at most 64 KiB); they are not used up."""
        return self._some(HEAD) if self._go(0) else b""

    def head(self, *, final: bool = False) -> Head:
        """Return the hashes of the first 1, 2, 4, ... 4096 lines, as far as these end within the first 8 MiB.

        The first line counts however long it is. A last line without newline counts as `chunks` treats it.
        """
        digest, hashes, count = hashlib.blake2b(digest_size=16), list[str](), 0
        for chunk in self._cut(PIECE, 0, final=final):
            at = 0
            while at < len(chunk.data):
                if count and (count == HEAD_LINES or chunk.offset + at >= HEAD_BYTES):
                    return Head(hashes, count, complete=False)
                end = chunk.data.find(b"\n", at) + 1 or len(chunk.data)
                digest.update(chunk.data[at:end].removesuffix(b"\n") + b"\n")
                count, at = count + 1, end
                # Only a chunk's last line can differ in length from what stands in the stream.
                reached = chunk.end if at == len(chunk.data) else chunk.offset + at
                if count & (count - 1) == 0 and (count == 1 or reached <= HEAD_BYTES):
                    hashes.append(digest.copy().hexdigest())
        return Head(hashes, count, complete=True)

    def peek(self, *, final: bool = False) -> Chunk | None:
        """Return the first lines of the stream (about 64 KiB), null if it has none; they are not used up."""
        return next(self._cut(HEAD, 0, final=final), None)

    def places(self, offsets: Iterable[int]) -> dict[int, Place]:
        """Return what stands at these offsets, without those behind the stream's end.

        A plain file is looked at just there. A compressed one is decompressed up to there, and a pipe is set aside up
        to there: in memory at first, then in a temporary file.
        """
        found: dict[int, Place] = {}
        for offset in sorted(set(offsets)):
            if not self._go(offset):
                break
            found[offset] = self._place()
        return found

    def digest(self) -> str:
        """Return the hash of everything in the stream; reads it all."""
        whole = hashlib.blake2b(digest_size=16)
        self._go(0)
        for parts in self._blocks(PIECE):
            whole.update(b"".join(parts))
        return whole.hexdigest()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _first_bytes(self, raw: Raw) -> bytes:
        try:
            head = raw.read(16)
            raw.seek(0)
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read: {error.strerror}") from error
        return head

    def _text_head(self) -> bytes:
        """Return some bytes to tell a log from a binary file by: the first ones, or those behind a hole."""
        head = self._some(HEAD)
        if head and not head.strip(b"\0") and self._reader.skip_hole():
            head = self._some(HEAD)
        return head

    def _cut(self, size: int, start: int, *, final: bool) -> Iterator[Chunk]:
        if not self._go(start):
            return
        cutter = Cutter(start, self._reader.before)
        for parts in self._blocks(size):
            yield from cutter.feed(parts)
            if cutter.in_hole:
                cutter.skip(self._reader.skip_hole())
        if final or (self.finished and self.error is None):
            yield from cutter.close()

    def _go(self, offset: int) -> bool:
        try:
            return self._reader.go(offset)
        except DamagedInputError as error:
            self.error = error
            return False

    def _place(self) -> Place:
        tail, before = fingerprint(self._reader.before), self._reader.before
        if not before or before.endswith(b"\n"):
            return Place(tail, between_lines=True)
        return Place(tail, self._some(1) in {b"", b"\n"})

    def _some(self, size: int) -> bytes:
        """Return the next `size` bytes, or as many as there are."""
        return b"".join(next(self._blocks(size), []))

    def _blocks(self, size: int) -> Iterator[list[bytes]]:
        """Yield `size` bytes at a time, in parts, at the end fewer; damage is the end and sets `error`."""
        missing = 0
        while not missing:
            parts, missing = list[bytes](), size
            try:
                while missing and (part := self._reader.read(min(missing, PART))):
                    parts.append(part)
                    missing -= len(part)
            except DamagedInputError as error:
                self.error = error
            if parts:
                yield parts


def open_stream(source: Input | Path) -> Stream:
    """Open a file, a named pipe or standard input and look at its first bytes.

    What cannot be opened is an InputError; what is no text is a BinaryInputError. An empty input is a stream without
    lines. Damage further in is no exception: see `Stream.error`.
    """
    if isinstance(source, Path):
        source = Input(source, printable(source))
    raw = open_standard_input() if source.path is None else open_file(source.path, source.name)
    try:
        return Stream(raw, source.name, piped=source.path is None or isinstance(raw, PipeRaw))
    except BaseException:
        raw.close()
        raise


def open_standard_input() -> Raw:
    """Return standard input: as a file if it is one from its first byte, else as a pipe."""
    if sys.stdin is None:
        raise InputError("-: standard input is closed; give a file, or pipe a log into the command")
    pipe = sys.stdin.buffer
    try:
        descriptor = pipe.fileno()
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and os.lseek(descriptor, 0, os.SEEK_CUR) == 0:
            return FileRaw(os.dup(descriptor))
    except OSError:
        return PipeRaw(pipe)
    return PipeRaw(pipe)


def _gzip_time(head: bytes) -> datetime | None:
    """Return the time that a gzip header gives to its content; null if it gives none."""
    seconds = int.from_bytes(head[4:8], "little")
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
