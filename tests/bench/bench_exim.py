"""Measures `bouncelake ingest` on generated Exim main logs, and eximstats beside it where it is found.

    python -m tests.bench.bench_exim [--lines 1000000] [--repeat 3] [--eximstats /usr/sbin/eximstats]

Prints CPU seconds (user + system, median), wall seconds, peak memory, and the ratio of CPU seconds to eximstats' on
the same file, for both sets of log selectors. Every ingest goes into a fresh lake; generated logs are kept for the
next run.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from tests.bench.bench_postfix import PROGRAM, figures, say
from tests.bench.exim_log import SELECTORS, write
from tests.bench.measure import Cost, median, run


def log_of(cache: Path, lines: int, selector: str) -> Path:
    """Return a generated log of that many lines; write it when the cache has none."""
    path = cache / f"exim-{selector}-{lines}.log"
    if not path.exists():
        part = path.with_suffix(".part")
        write(part, lines, 1, selector)
        part.rename(path)
    return path


def ingest(log: Path, work: Path) -> Cost:
    """Return the cost of an ingest into a fresh lake."""
    lake = work / "lake"
    shutil.rmtree(lake, ignore_errors=True)
    return run([*PROGRAM, "ingest", str(log), "--zone", "UTC", "--lake", str(lake)], work / "ingest.txt")


def speed(log: Path, work: Path, lines: int, repeat: int, peer: str | None) -> None:
    """Print the cost of an ingest, of eximstats, and the ratio of their CPU seconds."""
    ours = median([ingest(log, work) for _ in range(repeat)])
    say(figures(f"ingest {log.stem}", ours, lines))
    if peer is None:
        say("eximstats is not found: no ratio (Debian: the package exim4-base)")
        return
    theirs = median([run([peer, str(log)]) for _ in range(repeat)])
    say(figures(f"eximstats {lines:,}", theirs, lines))
    say(f"{'ratio':<24} {theirs.cpu / ours.cpu:7.2f} x CPU {theirs.wall / ours.wall:6.2f} x wall")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measures the ingest of Exim logs.")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--eximstats", default=shutil.which("eximstats") or shutil.which("/usr/sbin/eximstats"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "bouncelake-bench")
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bouncelake-bench-") as work:
        for selector in SELECTORS:
            log = log_of(args.cache, args.lines, selector)
            speed(log, Path(work), args.lines, args.repeat, args.eximstats)


if __name__ == "__main__":
    main()
