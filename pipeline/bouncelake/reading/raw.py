"""The bytes of an input as they stand in the file or come through a pipe, with a way back to any of them."""

import errno
import os
import stat
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from bouncelake.errors import InputError

SPOOL_IN_MEMORY = 16 * 1024 * 1024
"""Bytes of a pipe that are set aside in memory; more go to a temporary file."""


class Raw(Protocol):
    """Bytes that can be read from any offset; `size` is null where nobody knows it."""

    position: int
    size: int | None
    modified: datetime

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, and none at the end only."""

    def seek(self, offset: int) -> None:
        """Go to an offset; behind the end, nothing more is read."""

    def skip_hole(self) -> int:
        """Jump over a hole in the file and return its size."""

    def settle(self) -> None:
        """Promise that only bytes from here on, or those already set aside, are wanted from now on."""

    def close(self) -> None:
        """Give back the file."""


class FileRaw:
    """A file as long as it was when it was opened: what is added while it is read waits for the next run."""

    def __init__(self, descriptor: int) -> None:
        state = os.fstat(descriptor)
        self.position = 0
        self.size: int | None = state.st_size
        self.modified = datetime.fromtimestamp(state.st_mtime, UTC)
        self._descriptor = descriptor
        self._end = state.st_size

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; a file that was cut meanwhile just ends."""
        data = os.pread(self._descriptor, max(0, min(size, self._end - self.position)), self.position)
        self.position += len(data)
        return data

    def seek(self, offset: int) -> None:
        """Go to an offset."""
        self.position = offset

    def skip_hole(self) -> int:
        """Jump over a hole in the file and return its size."""
        try:
            data = os.lseek(self._descriptor, self.position, os.SEEK_DATA)
        except OSError as error:
            data = self._end if error.errno == errno.ENXIO else self.position
        size = max(0, min(data, self._end) - self.position)
        self.position += size
        return size

    def settle(self) -> None:
        """Do nothing: a file can always be read again."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class PipeRaw:
    """A pipe whose bytes are set aside until `settle`, so that they can be read again."""

    def __init__(self, pipe: BinaryIO, *, owned: bool = False) -> None:
        self._owned = owned
        self.position = 0
        self.size: int | None = None
        self.modified = datetime.now(UTC)
        self._pipe = pipe
        self._spool: BinaryIO | None = None
        self._kept = 0
        self._keeping = True

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, those set aside first."""
        data = self._kept_bytes(size) if self.position < self._kept else self._new_bytes(size)
        self.position += len(data)
        return data

    def seek(self, offset: int) -> None:
        """Go to an offset; bytes that were not set aside are an error of the caller."""
        if offset < self.position and self.position > self._kept:
            raise ValueError(f"offset {offset} of a pipe is no longer there")
        self.position = min(offset, self._kept)
        while self.position < offset and self.read(min(1 << 20, offset - self.position)):
            pass

    def skip_hole(self) -> int:
        """Return 0: a pipe has no holes."""
        return 0

    def settle(self) -> None:
        """Set nothing more aside."""
        self._keeping = False

    def close(self) -> None:
        """Drop what was set aside; standard input stays open."""
        if self._owned:
            self._pipe.close()
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _kept_bytes(self, size: int) -> bytes:
        spool = self._open_spool()
        spool.seek(self.position)
        return spool.read(min(size, self._kept - self.position))

    def _new_bytes(self, size: int) -> bytes:
        data = self._pipe.read(size)
        if not self._keeping:
            return data
        spool = self._open_spool()
        spool.seek(self._kept)
        try:
            spool.write(data)
        except OSError as error:
            raise InputError(
                f"cannot set aside the input after {self._kept} bytes: {error.strerror}; "
                "set TMPDIR to a folder with room for it, or give a file instead of a pipe"
            ) from error
        self._kept += len(data)
        return data

    def _open_spool(self) -> BinaryIO:
        if self._spool is None:
            self._spool = tempfile.SpooledTemporaryFile(SPOOL_IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115
        return self._spool  # type: ignore[return-value]


def open_file(path: Path, name: str) -> Raw:
    """Open a file, or a pipe with a name; anything else is an InputError, and so is what cannot be opened."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISFIFO(mode):
            return PipeRaw(path.open("rb"), owned=True)
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise InputError(f"{name}: cannot be read as a log: it is {kind}")
        return FileRaw(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        raise InputError(f"{name}: cannot be opened: {error.strerror}") from error
