"""Remembers in the lake's folder what was told, so that no finding is told every day.

A finding is told again when it is more urgent, twice as large, has a further reason, or began after it had ended.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bouncelake.watch.finding import Finding, Verdict

FILE = "check.json"
VERSION = 1
FORGOTTEN = timedelta(days=14)
TIMES = 2.0
REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Told:
    """What is remembered of a finding: what and where, how urgent and how much when told, and when last seen."""

    kind: str
    scope: Mapping[str, str]
    topic: str
    reasons: tuple[str, ...]
    rank: int
    refused: int
    share: float
    seen: datetime

    def is_about(self, one: Finding) -> bool:
        """Tell whether a finding is on the same trouble: same topic, and one scope inside the other."""
        if (self.kind, self.topic) != (_kind(one), one.topic):
            return False
        mine, its = self.scope.items(), one.scope.items()
        return bool(mine <= its or its <= mine)

    def is_changed(self, one: Finding) -> bool:
        """Tell whether there is more to say than when it was told."""
        if one.rank > self.rank or not set(one.reasons) <= set(self.reasons):
            return True
        if one.since > self.seen:
            return True
        return one.refused >= TIMES * self.refused > 0 and one.share >= TIMES * self.share / 2


class Memory:
    """The findings told before; a missing or damaged file is an empty memory: then all is told once more."""

    def __init__(self, root: Path) -> None:
        """Read the memory of the lake in that folder."""
        self._path = root / FILE
        self._told = list(_read(self._path))

    def mark(self, verdict: Verdict) -> Verdict:
        """Return the verdict with the findings that hold no news marked as told."""
        return replace(verdict, findings=[replace(one, told=self._is_told(one)) for one in verdict.findings])

    def remember(self, findings: Sequence[Finding], until: datetime) -> None:
        """Write down that these were told, and forget what has not been seen for two weeks."""
        kept = [one for one in self._told if not any(one.is_about(new) for new in findings)]
        recent = [one for one in kept if one.seen > until - FORGOTTEN]
        now = [self._entry(one, until) for one in findings]
        lines = {"version": VERSION, "told": [_written(one) for one in (*recent, *now)]}
        put(self._path, (json.dumps(lines, indent=1, ensure_ascii=True) + "\n").encode())

    def _is_told(self, one: Finding) -> bool:
        before = [told for told in self._told if told.is_about(one)]
        return bool(before) and not any(told.is_changed(one) for told in before)

    def _entry(self, one: Finding, until: datetime) -> Told:
        """Return what to remember; of a finding without news, the figures stay those that were told."""
        before = [told for told in self._told if told.is_about(one)]
        if one.told and before:
            return replace(max(before, key=lambda told: told.refused), seen=until)
        reasons = tuple(one.reasons)
        return Told(_kind(one), one.scope, one.topic, reasons, one.rank, one.refused, one.share, until)


def put(path: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _kind(one: Finding) -> str:
    return one.kind if one.kind in {"stopped", "silent"} else REFUSAL


def _written(one: Told) -> dict[str, Any]:
    return {
        "kind": one.kind, "scope": dict(one.scope), "topic": one.topic, "reasons": list(one.reasons),
        "rank": one.rank, "refused": one.refused, "share": one.share, "seen": one.seen.isoformat(),
    }  # fmt: skip


def _read(path: Path) -> Iterator[Told]:
    try:
        text: Any = json.loads(path.read_bytes())
        for one in text["told"] if text["version"] == VERSION else ():
            scope = {str(name): str(value) for name, value in one["scope"].items()}
            numbers = (int(one["rank"]), int(one["refused"]), float(one["share"]))
            seen = datetime.fromisoformat(one["seen"]).astimezone(UTC)
            yield Told(str(one["kind"]), scope, str(one["topic"]), tuple(map(str, one["reasons"])), *numbers, seen)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
