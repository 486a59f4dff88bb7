"""Decompressed bytes of an input, told by content: gzip, bzip2, xz, Zstandard or plain."""

import bz2
import lzma
import sys
import zlib
from typing import Literal, Protocol

import pyarrow as pa

from bouncelake.errors import InputError
from bouncelake.reading.chunks import TAIL
from bouncelake.reading.raw import Raw

if sys.version_info >= (3, 14):
    from compression import zstd

    ZSTD_DAMAGE: tuple[type[Exception], ...] = (zstd.ZstdError,)
else:
    ZSTD_DAMAGE: tuple[type[Exception], ...] = ()

DAMAGE: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, *ZSTD_DAMAGE)

Compression = Literal["gz", "bz2", "xz", "zst"]

PIECE = 1024 * 1024
INPUT_PIECE = 256 * 1024
XZ_MEMORY = 256 * 1024 * 1024
"""What an xz file may ask for; `xz -9` needs 65 MB."""
BOMB_SIZE = 1024**3
BOMB_RATIO = 1000
"""More than this many bytes out of one, once more than `BOMB_SIZE` came out, is no log."""

MAGIC: dict[Compression, tuple[bytes, ...]] = {
    "gz": (b"\x1f\x8b\x08",),
    "bz2": tuple(b"BZh%d" % level for level in range(1, 10)),
    "xz": (b"\xfd7zXZ\x00",),
    "zst": (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16))),
}


def detect(head: bytes) -> Compression | None:
    """Return how the stream that begins with these bytes is compressed; None if it is not, in a way we know."""
    for compression, magics in MAGIC.items():
        if head.startswith(magics) and (compression != "bz2" or head[4:10] in {b"1AY&SY", b"\x17rE8P\x90"}):
            return compression
    return None


class DamagedInputError(InputError):
    """The input ends too early, is damaged, or cannot be read on; what stands before that was delivered."""


class Reader:
    """Decompressed bytes in order; `position` is how many were read, `before` the last (at most 256) of them.

    Damaged input raises a DamagedInputError, once everything before the damage was returned.
    """

    def __init__(self, raw: Raw, name: str) -> None:
        self.raw = raw
        self.name = name
        self.position = 0
        self.before = b""
        self._failed: DamagedInputError | None = None

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, and none at the end only."""
        if self._failed is not None:
            raise self._failed
        try:
            data = self._read(size)
        except DamagedInputError as error:
            self._failed = error
            raise
        self.position += len(data)
        self.before = (self.before + data[-TAIL:])[-TAIL:]
        return data

    def go(self, offset: int) -> bool:
        """Go to an offset of the decompressed stream; False if it ends before that."""
        if offset < self.position:
            self.restart()
        while self.position < offset and self.read(min(PIECE, offset - self.position)):
            pass
        return self.position == offset

    def restart(self) -> None:
        """Go back to the first byte."""
        self.raw.seek(0)
        self.position = 0
        self.before = b""
        self._failed = None

    def skip_hole(self) -> int:
        """Jump over a hole in a plain file and return its size."""
        return 0

    def _read(self, size: int) -> bytes:
        raise NotImplementedError

    def _sane(self, data: bytes) -> bytes:
        out = self.position + len(data)
        if out > BOMB_SIZE and out > BOMB_RATIO * self.raw.position:
            raise self._damaged(f"decompression bomb (more than {BOMB_RATIO} bytes out of each)")
        return data

    def _damaged(self, what: str) -> DamagedInputError:
        return DamagedInputError(
            f"{self.name}: {what} at byte {self.raw.position}, {self.position} decompressed; "
            "what stands before it was read; if nothing is writing this file, fetch it again"
        )


class PlainReader(Reader):
    """Bytes that are not compressed."""

    def go(self, offset: int) -> bool:
        """Go to an offset at once; False if the stream ends before that."""
        self.raw.seek(max(0, offset - TAIL))
        self.position = self.raw.position
        self.before = b""
        self._failed = None
        return super().go(offset)

    def skip_hole(self) -> int:
        """Jump over a hole in the file and return its size."""
        size = self.raw.skip_hole()
        self.position += size
        self.before = (self.before + bytes(min(size, TAIL)))[-TAIL:]
        return size

    def _read(self, size: int) -> bytes:
        try:
            return self.raw.read(size)
        except OSError as error:
            raise self._damaged(f"cannot be read: {error.strerror}") from error


class Decoder(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool:
        """True after the end of the member."""

    @property
    def needs_input(self) -> bool:
        """False when more can be had without input."""

    @property
    def unused_data(self) -> bytes:
        """What came behind the end of the member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to `max_length` bytes."""


class GzipDecoder:
    """One member of a gzip file, by the standard library's zlib."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """True after the end of the member."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """What came behind the end of the member."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to `max_length` bytes."""
        out = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = len(out) < max_length and not self._inner.unconsumed_tail
        return out


class MemberReader(Reader):
    """A compressed stream of any number of members, with zeros behind them or not."""

    def __init__(self, raw: Raw, name: str, compression: Compression) -> None:
        super().__init__(raw, name)
        self._compression = compression
        self._decoder = _decoder(compression)
        self._input = b""

    def restart(self) -> None:
        """Go back to the first byte."""
        super().restart()
        self._decoder = _decoder(self._compression)
        self._input = b""

    def _read(self, size: int) -> bytes:
        try:
            while not self._decoder.eof or self._next_member():
                if data := self._step(size):
                    return self._sane(data)
        except DAMAGE as error:
            raise self._damaged(f"damaged {self._compression} data ({error})") from error
        return b""

    def _step(self, size: int) -> bytes:
        feed = b""
        if self._decoder.needs_input:
            feed, self._input = self._input or self.raw.read(INPUT_PIECE), b""
            if not feed:
                raise self._damaged(f"the {self._compression} data end too early")
        return self._decoder.decompress(feed, size)

    def _next_member(self) -> bool:
        """Begin the next member; False at the end of the file."""
        rest = (self._input or self._decoder.unused_data).lstrip(b"\0")
        while len(rest) < 10 and (more := self.raw.read(INPUT_PIECE)):
            rest = (rest + more).lstrip(b"\0")
        if not rest:
            return False
        magics = MAGIC[self._compression]
        if not rest.startswith(magics):
            begun = any(magic.startswith(rest) for magic in magics)
            raise self._damaged(f"the {self._compression} data {'end too early' if begun else 'have a foreign tail'}")
        self._decoder, self._input = _decoder(self._compression), rest
        return True


class ArrowZstdReader(Reader):
    """A Zstandard stream by Arrow's codec, for a Python without its own."""

    def __init__(self, raw: Raw, name: str) -> None:
        super().__init__(raw, name)
        self._stream = _arrow_stream(raw)

    def restart(self) -> None:
        """Go back to the first byte."""
        super().restart()
        self._stream = _arrow_stream(self.raw)

    def _read(self, size: int) -> bytes:
        data = bytearray(size)
        try:
            del data[self._stream.readinto(data) :]
        except (OSError, pa.ArrowException) as error:
            failed = self._damaged(f"damaged or unfinished zst data ({error})")
            # Arrow does not say how much it wrote before it failed. What it did not write is NUL.
            found = bytes(data).rstrip(b"\0")
            if not found:
                raise failed from error
            self._failed = failed
            return found
        return self._sane(bytes(data))


def open_reader(raw: Raw, name: str, compression: Compression | None) -> Reader:
    """Return a reader at the first byte of the decompressed stream."""
    if compression is None:
        return PlainReader(raw, name)
    if compression == "zst" and sys.version_info < (3, 14):
        return ArrowZstdReader(raw, name)
    return MemberReader(raw, name, compression)


def _decoder(compression: Compression) -> Decoder:
    if compression == "bz2":
        return bz2.BZ2Decompressor()
    if compression == "xz":
        return lzma.LZMADecompressor(memlimit=XZ_MEMORY)
    if compression == "zst" and sys.version_info >= (3, 14):
        return zstd.ZstdDecompressor()
    return GzipDecoder()


class _Tap:
    """As much of a file object as Arrow asks for."""

    closed = False

    def __init__(self, raw: Raw) -> None:
        self._raw = raw

    def read(self, size: int) -> bytes:
        return self._raw.read(size)

    def close(self) -> None:
        """Leave the file open: its owner closes it."""


def _arrow_stream(raw: Raw) -> pa.CompressedInputStream:
    return pa.CompressedInputStream(pa.PythonFile(_Tap(raw), mode="r"), "zstd")
