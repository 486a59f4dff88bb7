"""Measures the alarm: how often quiet months raise one, how soon planted troubles are told.

    python -m tests.bench.bench_check [--seeds 20] [--volume 1.0]

Each seed gives 90 days of another sender; from the 30th day on a check runs every morning at seven. A run counts as a
false alarm when it finds anything, told before or not. Then each kind of trouble is planted into each month.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import polars as pl

from tests.support import months
from tests.support.months import Answers, plant, stop

DAYS, FIRST = 90, 29
SINCE = months.START + timedelta(days=60, hours=9, minutes=14)
NEXT = months.START + timedelta(days=61, hours=7)
Planter = Callable[[pl.DataFrame], pl.DataFrame]


def doubled(age: pl.Expr) -> pl.Expr:
    """Return a share that doubles every three days."""
    return 0.01 * pl.lit(2.0) ** (age / 3)


PLANTS: dict[str, Planter] = {
    "new reason, one IP at one provider, 50%": lambda rows: plant(
        rows, months.REPUTATION, SINCE, 0.5, provider="google", ip="192.0.2.10"
    ),
    "new reason, small provider, 90%": lambda rows: plant(rows, months.REPUTATION, SINCE, 0.9, provider="apple"),
    "new reason, one sender domain, 30%": lambda rows: plant(rows, months.DMARC, SINCE, 0.3, sender="news.example.org"),
    "new reason, own IP everywhere, 30%": lambda rows: plant(rows, months.LISTED, SINCE, 0.3, ip="192.0.2.20"),
    "4xx forerunner, 8%": lambda rows: plant(rows, months.SPF_WARNING, SINCE, 0.08, provider="google"),
    "rise, unknown users 0.8% -> 12%": lambda rows: plant(rows, months.UNKNOWN_USER, SINCE, 0.12, provider="google"),
    "rise, content everywhere 0.1% -> 5%": lambda rows: plant(rows, months.CONTENT, SINCE, 0.05),
    "rise, throttling 1% -> 40%": lambda rows: plant(rows, months.RATE, SINCE, 0.4, provider="yahoo"),
    "growing throttling, in two weeks": lambda rows: plant(
        rows, months.RATE, SINCE - timedelta(days=13), doubled, provider="yahoo"
    ),
    "provider stopped": lambda rows: stop(rows, SINCE, provider="google"),
}


def quiet(seeds: range, volume: float) -> tuple[int, Counter[str]]:
    """Return how many runs there were, and how many found something, by kind."""
    runs, found = 0, Counter[str]()
    for seed in seeds:
        rows = months.months(DAYS, seed, volume)
        for day in range(FIRST, DAYS):
            answers = Answers(rows, months.START + timedelta(days=day, hours=7))
            kinds = {one.kind for one in answers.incidents} | ({"stopped"} if answers.stops else set())
            runs += 1
            found.update([*kinds, *(["any"] if kinds else [])])
    return runs, found


def planted(seeds: range, volume: float) -> dict[str, int]:
    """Return in how many of the months each trouble was found by the first run after it began."""
    found = dict.fromkeys(PLANTS, 0)
    for seed in seeds:
        rows = months.months(DAYS - 25, seed, volume)
        for name, change in PLANTS.items():
            answers = Answers(change(rows), NEXT)
            found[name] += bool(answers.incidents or answers.stops)
    return found


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--volume", type=float, default=1.0)
    options = parser.parse_args()
    seeds = range(100, 100 + options.seeds)
    for name, count in planted(seeds, options.volume).items():
        sys.stdout.write(f"{name:<45} found in {count} of {len(seeds)} months\n")
    runs, found = quiet(seeds, options.volume)
    sys.stdout.write(f"quiet: {found['any']} of {runs} runs found something ({100 * found['any'] / runs:.2f}%)\n")
    for kind, count in found.most_common():
        sys.stdout.write(f"   {kind:<10} {count}\n")


if __name__ == "__main__":
    main()
