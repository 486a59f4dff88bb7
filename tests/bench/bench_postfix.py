"""Measures `bouncelake ingest` on generated Postfix logs, and pflogsumm beside it where it is installed.

    python -m tests.bench.bench_postfix [--only speed|sizes|chunks|files|help] [--lines 3000000] [--repeat 3]

Prints CPU seconds (user + system, median), wall seconds, peak memory, and the ratio of CPU seconds to pflogsumm's on
the same file; the cost per line at several sizes; whether all chunk sizes give the same rows; and the wall time of two
files. Every ingest goes into a fresh lake. Generated logs are kept in the cache folder for the next run.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bouncelake.lake import Lake
from tests.bench.measure import Cost, median, run
from tests.bench.postfix_log import write

SIZES = (100_000, 1_000_000, 3_000_000, 5_000_000)
CHUNKS = (1, 3, 8, 32)  # MiB
START = "from bouncelake.cli import main; main()"
PROGRAM = (sys.executable, "-c", START)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where generated logs are kept and lakes are made."""

    cache: Path
    work: Path
    repeat: int

    def log(self, lines: int, seed: int = 1, host: str = "mx1") -> Path:
        """Return a generated log of that many lines; write it when the cache has none."""
        path = self.cache / f"postfix-{lines}-{seed}-{host}.log"
        if not path.exists():
            part = path.with_suffix(".part")
            write(part, lines, seed, host=host)
            part.rename(path)
        return path

    def ingest(self, *logs: Path, chunk: int | None = None) -> Cost:
        """Return the cost of an ingest of these logs into a fresh lake, which is left for a look."""
        shutil.rmtree(self.lake, ignore_errors=True)
        patched = f"import bouncelake.reading; bouncelake.reading.CHUNK = {chunk}; " if chunk else ""
        program = (sys.executable, "-c", f"{patched}{START}")
        command = [*program, "ingest", *map(str, logs), "--year", "2026", "--zone", "UTC", "--lake", str(self.lake)]
        return run(command, self.work / "ingest.txt")

    @property
    def lake(self) -> Path:
        """Return where the lake of the last ingest is."""
        return self.work / "lake"


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def figures(name: str, cost: Cost, lines: int) -> str:
    """Return a cost as one line of text."""
    rate = f"{cost.cpu / lines * 1e6:6.2f} us CPU/line"
    return f"{name:<24} {cost.cpu:7.2f} s CPU {cost.wall:7.2f} s wall {cost.memory:6.0f} MB  {rate}"


def speed(bench: Bench, lines: int) -> None:
    """Print the cost of an ingest, of pflogsumm, and the ratio of their CPU seconds."""
    log = bench.log(lines)
    ours = median([bench.ingest(log) for _ in range(bench.repeat)])
    say(figures(f"ingest {lines:,}", ours, lines))
    peer = shutil.which("pflogsumm", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if peer is None:
        say("pflogsumm is not installed: no ratio (Debian: apt-get install pflogsumm)")
        return
    theirs = median([run([peer, str(log)]) for _ in range(bench.repeat)])
    say(figures(f"pflogsumm {lines:,}", theirs, lines))
    say(f"{'ratio':<24} {theirs.cpu / ours.cpu:7.2f} x CPU {theirs.wall / ours.wall:6.2f} x wall")


def sizes(bench: Bench, _: int) -> None:
    """Print the cost per line at several sizes: it should be flat, beside the fixed cost of starting."""
    for lines in SIZES:
        say(figures(f"size {lines:,}", bench.ingest(bench.log(lines)), lines))


def fingerprint(lake: Lake, table: str) -> tuple[int, str]:
    """Return a table's number of rows and a hash of them that does not depend on their order."""
    frame = lake.scan(table).collect()
    rows = frame.select(pl.struct(pl.all()).struct.json_encode().alias("row")).sort("row")["row"]
    digest = hashlib.blake2b(digest_size=8)
    for row in rows:
        digest.update(row.encode())
    return frame.height, digest.hexdigest()


def chunks(bench: Bench, lines: int) -> None:
    """Print whether every chunk size gives the same rows."""
    log = bench.log(min(lines, 300_000))
    seen = set()
    for size in CHUNKS:
        cost = bench.ingest(log, chunk=size << 20)
        lake = Lake.open(bench.lake)
        print_of = {table: fingerprint(lake, table) for table in ("events", "messages", "refused")}
        seen.add(str(print_of))
        say(f"{figures(f'chunks of {size} MiB', cost, min(lines, 300_000))}  {print_of}")
    say("rows are the same for every chunk size" if len(seen) == 1 else "ROWS DIFFER BETWEEN CHUNK SIZES")


def files(bench: Bench, lines: int) -> None:
    """Print the cost of two files of two servers in one run, and the ratio to pflogsumm's wall time over both."""
    half = lines // 2
    logs = [bench.log(half, 1, "mx1"), bench.log(half, 2, "mx2")]
    ours = median([bench.ingest(*logs) for _ in range(bench.repeat)])
    say(figures(f"two files of {half:,}", ours, 2 * half))
    peer = shutil.which("pflogsumm", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if peer:
        theirs = run([peer, *map(str, logs)])
        say(f"{'ratio, two files':<24} {theirs.cpu / ours.cpu:7.2f} x CPU {theirs.wall / ours.wall:6.2f} x wall")


def start(bench: Bench, _: int) -> None:
    """Print what `--help` costs."""
    cost = median([run([*PROGRAM, "--help"]) for _ in range(max(bench.repeat, 3))])
    say(f"{'--help':<24} {cost.cpu:7.2f} s CPU {cost.wall:7.2f} s wall {cost.memory:6.0f} MB")


PARTS = {"help": start, "speed": speed, "sizes": sizes, "chunks": chunks, "files": files}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measures the ingest of Postfix logs.")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--lines", type=int, default=3_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "bouncelake-bench")
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bouncelake-bench-") as work:
        for name in args.only or PARTS:
            PARTS[name](Bench(args.cache, Path(work), args.repeat), args.lines)


if __name__ == "__main__":
    main()
