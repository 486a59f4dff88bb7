"""One writer at a time, by a lock that the kernel frees when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bouncelake.errors import LakeBusyError
from bouncelake.lake.durable import reported

LOCK = "bouncelake.lock"


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lake's lock; raise LakeBusyError at once when another process, or this one, holds it.

    A forked child inherits the lock: start workers by spawn, or a killed ingest stays locked until they end.
    """
    path = root / LOCK
    with reported(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LakeBusyError(_held(root, handle)) from error
        with reported(path):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _held(root: Path, handle: int) -> str:
    holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
    who = f"process {holder}" if holder.isdecimal() else "another process"
    return f"{root}: {who} is writing into this lake: wait until it ends, then run the same command again"
