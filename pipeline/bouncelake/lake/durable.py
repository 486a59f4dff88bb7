"""Writes that survive a power cut, and the messages for those that fail."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from deltalake.exceptions import CommitFailedError, DeltaError

from bouncelake.errors import LakeBusyError, LakeError, LakeWriteError

_AGAIN = "then run the same command again: nothing is lost and nothing will be doubled"
_ADVICE = {
    errno.ENOSPC: f"free some space, {_AGAIN}",
    errno.EDQUOT: f"free some space or raise the quota, {_AGAIN}",
    errno.EFBIG: f"raise the limit of the file size (ulimit -f), {_AGAIN}",
    errno.EIO: f"mend the disk, {_AGAIN}",
    errno.EACCES: "run as the user that owns the lake, or choose another folder with --lake",
    errno.EPERM: "run as the user that owns the lake, or choose another folder with --lake",
    errno.EROFS: "the file system is read-only: choose another folder with --lake",
}
_OS_ERROR = re.compile(r"os error (\d+)")


def sync(path: Path) -> None:
    """Force a file or a directory to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder, and its parents, so that each survives a power cut; an existing one is fine."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync(path.parent)


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turn what the operating system and the Delta library raise while they write below `path` into our errors.

    The library wraps the operating system's errors in its own, so their number is read from its message.
    """
    try:
        yield
    except CommitFailedError as error:
        raise LakeBusyError(
            f"{path}: another program changed the table at the same moment: run the same command again"
        ) from error
    except (OSError, DeltaError, pl.exceptions.PolarsError) as error:
        raise _named(path, error) from error


def _named(path: Path, error: Exception) -> LakeError:
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (found := _OS_ERROR.search(str(error))):
        number = int(found[1])
    if number in _ADVICE:
        return LakeWriteError(f"{path}: {os.strerror(number).lower()}: {_ADVICE[number]}")
    what = str(error).partition("\n")[0]  # below it stands the library's own stack
    return LakeError(
        f"{path}: the table is damaged ({what}): `bouncelake ingest` mends what a power cut leaves;"
        " if that does not help, restore the lake from a backup or ingest into a new one"
    )
