"""Measures what the shipped reports cost over a lake of 20 million events in 400 days.

    python -m tests.bench.bench_reports [--days 400] [--messages 46000] [--cache DIR] [--only NAME ...]

The lake is made once and kept in the cache folder; a run that was stopped goes on where it ended. Each figure is from a
process of its own: CPU seconds (user + system) of opening the lake and answering, without the imports, wall seconds,
peak memory and rows. Goals: the overview of a week in 0.5 s, every report over a year in 5 s, all below 2 GiB.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bouncelake.lake import Batch, Lake
from tests.bench.year import tables

FIRST = date(2025, 10, 1)
WEEK, YEAR = "7d", "365d"
GOALS = {WEEK: 0.5, YEAR: 5.0}
MEMORY = 2048


@dataclass(frozen=True, slots=True)
class Figure:
    """What one report over one period cost."""

    report: str
    since: str
    cpu: float
    wall: float
    memory: float
    rows: int

    def __str__(self) -> str:
        """Return the figure as one line."""
        goal = GOALS[self.since if self.report == "overview" else YEAR]
        verdict = "" if self.cpu <= goal and self.memory <= MEMORY else "  ABOVE ITS GOAL"
        cost = f"{self.cpu:6.2f} s CPU {self.wall:6.2f} s wall {self.memory:6.0f} MB"
        return f"{self.report:<16} {self.since:>5} {cost} {self.rows:7,} rows{verdict}"


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def build(root: Path, days: int, messages: int) -> Lake:
    """Return the lake, with the days that it still lacked."""
    lake = Lake.open(root, create=True)
    have = set(lake.sources()["source"])
    missing = [day for day in (FIRST + timedelta(days=number) for number in range(days)) if f"bench-{day}" not in have]
    start = time.perf_counter()
    with lake.writing():
        for number, day in enumerate(missing, start=1):
            lake.commit(Batch(tables(day, messages)))
            if number % 20 == 0:
                say(f"{number} of {len(missing)} days, {time.perf_counter() - start:.0f} s")
    return lake


def answer(root: Path, report: str, since: str, until: str) -> Figure:
    """Return what the report costs in this process, imports left out."""
    from bouncelake import rules  # noqa: PLC0415 - the process that builds the lake does not need them
    from bouncelake.cli import answers  # noqa: PLC0415
    from bouncelake.reports import Desk, Request, page  # noqa: PLC0415

    ruleset = rules.load()
    frames, names = answers.frames(ruleset), answers.names(ruleset)
    cpu, wall = time.process_time(), time.perf_counter()
    desk = Desk(Lake.open(root), frames, Request(since, until, now=datetime.fromisoformat(until)))
    rows = page(desk, report, names).data.height
    spent = time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figure(report, since, spent, time.perf_counter() - wall, memory, rows)


def measured(root: Path, report: str, since: str, until: str) -> Figure:
    """Return what the report costs in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.bench_reports", "--answer", str(root), report, since, until]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Figure(**json.loads(told))


def main(arguments: Sequence[str] | None = None) -> None:
    """Build what is missing of the lake, then measure the reports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--messages", type=int, default=46_000, help="per day; each gives about 1.1 events")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "bouncelake-bench")
    parser.add_argument("--only", nargs="*", help="only these reports")
    parser.add_argument("--since", nargs="*", default=[WEEK, YEAR], choices=[WEEK, YEAR])
    parser.add_argument("--answer", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.answer:
        root, *rest = options.answer
        figure = answer(Path(root), *rest)
        return say(json.dumps({name: getattr(figure, name) for name in Figure.__slots__}))
    from bouncelake.reports import catalog  # noqa: PLC0415 - the measured process times its own imports

    root = options.cache / f"reports-{options.days}-{options.messages}"
    root.parent.mkdir(parents=True, exist_ok=True)
    lake = build(root, options.days, options.messages)
    files = lake.files("events")
    say(f"{root}: {lake.scan('events').select('ts').collect(engine='streaming').height:,} events, {len(files)} files")
    end = datetime.combine(FIRST + timedelta(days=options.days), datetime.min.time(), UTC).isoformat()
    for since in options.since:
        for name in options.only or catalog():
            say(str(measured(root, name, since, end)))
    return None


if __name__ == "__main__":
    main()
