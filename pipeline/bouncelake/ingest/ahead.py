"""Runs an iterator ahead of its consumer in a thread: one core parses while the other settles and commits."""

from collections.abc import Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")

DEPTH = 1
"""Items that wait at most; with the one in work on each side this bounds the memory."""


class _Ahead(Generic[Item]):
    """The thread's side: makes items until they end, fail, or are no longer wanted."""

    def __init__(self, items: Iterator[Item], depth: int) -> None:
        self.queue: Queue[tuple[Item | None, BaseException | None]] = Queue(depth)
        self.stop = Event()
        self._items = items
        self.thread = Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put((item, None)):
                    return
            self._put((None, None))
        except BaseException as error:  # noqa: BLE001  # it is raised in the consumer's thread
            self._put((None, error))

    def _put(self, entry: tuple[Item | None, BaseException | None]) -> bool:
        while not self.stop.is_set():
            try:
                self.queue.put(entry, timeout=0.1)
            except Full:
                continue
            return True
        return False


def ahead(items: Iterator[Item], depth: int = DEPTH) -> Iterator[Item]:
    """Yield the items in order while the next ones are already made; an error of theirs is raised in its place.

    When the consumer stops early, the thread ends before this generator does.
    """
    side = _Ahead(items, depth)
    side.thread.start()
    try:
        while (entry := side.queue.get()) != (None, None):
            item, error = entry
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # without an error there is an item
    finally:
        side.stop.set()
        side.thread.join()
