"""A deterministic generator of Postfix logs with a realistic mix of lines, for benchmarks and tests.

    python -m tests.bench.postfix_log --lines 1000000 --seed 1 --style rfc3164 -o mail.log

prints to stderr how many lines of each kind it wrote. About ten lines belong to a message; half of all lines tell
nothing about deliveries, as on real servers. All hosts and addresses are example ones. It is about a million lines
to a day, from 2 March 2026, UTC.
"""

import argparse
import json
import sys
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.bench.headers import SECOND, STYLES
from tests.bench.receivers import load, ranked, zipf
from tests.bench.strangers import stranger
from tests.bench.traffic import WINDOW, Log, Traffic

START = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * SECOND
SENDERS = tuple(f"{name}@outbound.example" for name in ("news", "billing", "noreply", "shop"))


def lines(log: Log, traffic: Traffic) -> Iterator[str]:
    """Yield endless lines in time order."""
    chance, border = traffic.random.random, START + WINDOW
    pairs = ranked(load())
    steps, at = zipf(len(pairs)), START + SECOND
    while True:
        at += int(chance() * 2 * 900_000)
        if chance() < 0.45:
            stranger(log, traffic.random, at)
        else:
            domain, receiver = pairs[bisect(steps, chance() * steps[-1])]
            count = 1 if chance() < 0.88 else 2 + int(chance() * 2)
            recipients = [f"user-{int(chance() * 1e6):06d}@{domain}" for _ in range(count)]
            refusal = receiver.refusal(chance()) if chance() < receiver.refused else None
            traffic.message(at, SENDERS[int(chance() * 4)], recipients, receiver, refusal=refusal)
        if at > border + SECOND:
            yield from log.until(border)
            border += WINDOW


def write(
    path: Path, count: int, seed: int, style: str = "rfc3164", host: str = "mx1", *, long_ids: bool = False
) -> Counter[str]:
    """Write exactly that many lines and return how many of each kind they are."""
    log = Log(style, host)
    traffic = Traffic(log, Random(f"{seed} {host}"), long_ids)  # noqa: S311 - repeatable on purpose
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for _, line in zip(range(count), lines(log, traffic), strict=False))
    return log.counts


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Writes a Postfix log; the same seed gives the same bytes.")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--style", choices=STYLES, default="rfc3164")
    parser.add_argument("--host", default="mx1")
    parser.add_argument("--long-ids", action="store_true")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    counts = write(args.output, args.lines, args.seed, args.style, args.host, long_ids=args.long_ids)
    json.dump(dict(sorted(counts.items())), sys.stderr)
    sys.stderr.write("\n")


if __name__ == "__main__":
    main()
