"""The span of time whose rows are in, but not yet linked with one another: a killed run leaves it to the next."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from bouncelake.lake.durable import reported, sync

NAME = "bouncelake.unfinished"


class Unfinished:
    """A small file beside the tables, written before rows go in and removed when they are linked."""

    def __init__(self, root: Path) -> None:
        """Take the lake's folder, which must be open for writing."""
        self._path = root / NAME
        self.span = _read(self._path)
        """First and last instant that wait; empty when nothing does."""

    def add(self, moments: Iterable[datetime]) -> None:
        """Widen the span, durably."""
        every = [*self.span, *moments]
        span = [min(every), max(every)] if every else []
        if span == self.span:
            return
        fresh = self._path.with_suffix(".new")
        with reported(self._path):
            fresh.write_text(json.dumps([moment.isoformat() for moment in span]), encoding="ascii")
            sync(fresh)
            fresh.replace(self._path)
            sync(self._path.parent)
        self.span = span

    def clear(self) -> None:
        """Say that nothing waits any more."""
        with reported(self._path):
            self._path.unlink(missing_ok=True)
        self.span = []


def _read(path: Path) -> list[datetime]:
    try:
        return [datetime.fromisoformat(moment) for moment in json.loads(path.read_text(encoding="ascii"))]
    except (FileNotFoundError, ValueError):
        return []
