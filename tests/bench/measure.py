"""Runs a command and says what it cost: CPU seconds, wall seconds, peak memory."""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command cost: CPU (user + system) and wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


class FailedRunError(Exception):
    """A measured command did not exit with 0."""


def run(command: Sequence[str], log: Path | None = None) -> Cost:
    """Run a command to its end and return its cost; its output goes to a file or nowhere.

    The cost includes all processes that the command itself waited for; memory is the largest single process.
    """
    out = (log or Path(os.devnull)).open("wb")
    with out:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        told = f": {log.read_text('utf-8', 'replace')[-2000:]}" if log else ""
        raise FailedRunError(f"exit {child.returncode} of {' '.join(command)}{told}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure, and the largest memory."""
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.wall for cost in costs),
        max(cost.memory for cost in costs),
    )
