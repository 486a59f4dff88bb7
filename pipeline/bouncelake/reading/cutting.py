"""Cuts a stream of bytes at newlines, in bounded memory however long a line is."""

import hashlib
from collections.abc import Callable, Iterator

from bouncelake.reading.chunks import TAIL, Chunk

LINE_LIMIT = 64 * 1024
"""Bytes of a line that are kept."""


class Cutter:
    """Takes blocks of bytes and gives them back as chunks of whole lines.

    `limit` is how much of a line is kept, two bytes at least. What is behind it is hashed, counted and forgotten. The
    lines and offsets do not depend on how the stream is cut into blocks.
    """

    def __init__(self, offset: int, before: bytes = b"", limit: int = LINE_LIMIT) -> None:
        self._offset = offset
        self._before = before[-TAIL:]
        self._limit = limit
        self._rest = b""
        self._long: _LongLine | None = None

    @property
    def in_hole(self) -> bool:
        """True while nothing but NULs has come since the last line, more of them than a line may keep."""
        return self._long is not None and self._long.hole

    def feed(self, parts: list[bytes]) -> Iterator[Chunk]:
        """Return the chunks that these bytes complete; what is behind their last newline waits for the next.

        The list is emptied: the bytes are wanted only once in memory.
        """
        if self._long is not None and not self._continue_long(self._long, parts):
            return
        if self._long is not None:
            yield self._end_long(self._long, newline=True)
        # Cut before joining, so that what most chunks hold is copied once.
        behind = parts[-1].rfind(b"\n") + 1 if parts else 0
        rest = parts[-1][behind:] if behind else b""
        if behind:
            parts[-1] = parts[-1][:behind]
        data = b"".join((self._rest, *parts))
        self._rest = b""
        parts.clear()
        yield from self._cut(data)
        if behind:
            yield from self._cut(rest)

    def skip(self, size: int) -> None:
        """Count NULs that the reader jumped over; only while `in_hole`."""
        if self._long is not None:
            self._long.size += size

    def close(self) -> Iterator[Chunk]:
        """Return what waits as a last line without newline."""
        if self._long is not None:
            yield self._end_long(self._long, newline=False)
        elif self._rest:
            rest, self._rest = self._rest, b""
            yield self._chunk(rest)

    def _continue_long(self, long: "_LongLine", parts: list[bytes]) -> bool:
        """Take the line's further bytes out of the parts; return whether it ends there."""
        while parts:
            part = parts.pop(0)
            end = part.find(b"\n")
            long.add(memoryview(part)[: end if end >= 0 else len(part)])
            if end >= 0:
                parts.insert(0, part[end + 1 :])
                return True
        return False

    def _cut(self, data: bytes) -> Iterator[Chunk]:
        at = 0
        for start, end in self._long_lines(data):
            if start > at:
                yield self._chunk(data[at:start])
            long = _LongLine(data[start:end], self._limit)
            if end == len(data):
                self._long = long
                return
            at = end + 1
            yield self._end_long(long, newline=True)
        cut = data.rfind(b"\n", at) + 1
        if cut > at:
            yield self._chunk(data[at:cut])
            at = cut
        self._rest = data[at:]

    def _long_lines(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the lines over the limit begin and end (the newline, else the data's end).

        Such a line covers at least one whole block of half the limit: one look per block finds them all.
        """
        half, at, after = self._limit // 2, 0, 0
        while at + half <= len(data):
            if data.find(b"\n", at, at + half) < 0:
                start = data.rfind(b"\n", after, at) + 1 or after
                end = data.find(b"\n", at + half)
                end = len(data) if end < 0 else end
                if end - start > self._limit:
                    yield start, end
                at = after = end + 1
            else:
                at += half

    def _chunk(self, data: bytes) -> Chunk:
        return self._emit(data, len(data), data[-TAIL:])

    def _end_long(self, long: "_LongLine", *, newline: bool) -> Chunk:
        self._long = None
        return self._emit(long.text(), long.size + newline, long.last + b"\n" * newline)

    def _emit(self, data: bytes, size: int, last: bytes) -> Chunk:
        begin, before = self._offset, self._before
        self._offset = begin + size
        self._before = (before + last)[-TAIL:]
        return Chunk(begin, self._offset, data, before, self._before)


class _LongLine:
    """A line of which only the first bytes are kept; the rest is hashed.

    Where these first bytes are all NUL, as a log has them after it was truncated under a writer that kept its
    position, the NULs are a hole before the line and no part of it.
    """

    def __init__(self, data: bytes, limit: int) -> None:
        self.size = 0
        self.last = b""
        self.hole = data.count(b"\0", 0, limit) == limit
        self._limit = limit
        self._kept = b""
        self._more = 0
        self._return = b""
        self._hash = hashlib.blake2b(digest_size=16)
        self.add(memoryview(data))

    def add(self, piece: memoryview) -> None:
        self.size += len(piece)
        self.last = (self.last + bytes(piece[-TAIL:]))[-TAIL:]
        if self.hole:
            piece = memoryview(bytes(piece).lstrip(b"\0"))
            self.hole = not piece
        room = self._limit - len(self._kept)
        self._kept += piece[:room]
        self._hash_rest(bytes(piece[room:]))

    def _hash_rest(self, rest: bytes) -> None:
        if not rest:
            return
        # A carriage return waits: before the newline it is no part of the line.
        rest = self._return + rest
        self._return = b"\r" if rest.endswith(b"\r") else b""
        self._hash.update(rest[: len(rest) - len(self._return)])
        self._more += len(rest) - len(self._return)

    def text(self) -> bytes:
        """Return what is kept of the line, a marker for the rest, and a newline."""
        if not self._more:
            return self._kept + self._return + b"\n"
        return self._kept + f" [... {self._more} more bytes, blake2b {self._hash.hexdigest()}]\n".encode()


def cut(
    read: Callable[[int], bytes], size: int, offset: int = 0, *, final: bool = True, limit: int = LINE_LIMIT
) -> Iterator[Chunk]:
    """Yield everything that `read` gives, as chunks of whole lines of about `size` bytes.

    `read(n)` returns up to n bytes and no bytes at the end. Unless `final`, a last line without newline is left out.
    """
    cutter = Cutter(offset, limit=limit)
    while block := read(size):
        yield from cutter.feed([block])
    if final:
        yield from cutter.close()
