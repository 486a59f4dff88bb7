"""Finds throttling that grows from day to day before any single day stands out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from statistics import median

from bouncelake.watch.cells import Cell
from bouncelake.watch.chance import Day
from bouncelake.watch.risen import LEAST_MINOR

SPAN = 14  # periods
FEWEST_DAYS = 10
FEWEST = 10
TIMES = 3.0
TEMPORARY = 0.9
FALSE_TRENDS = 7e-4
FORERUNNERS = frozenset({"rate_limit", "ip_reputation", "domain_reputation", "authentication", "sender_identity"})


@dataclass(frozen=True, slots=True)
class Growth:
    """A cell of 4xx replies, its share at the beginning of the trend, and how likely chance gives such a trend."""

    cell: Cell
    before: float
    chance: float


def growing(tested: Sequence[Cell]) -> list[Growth]:
    """Return the throttling cells whose share grows steadily over two weeks (Mann-Kendall) and has trebled."""
    chosen = [cell for cell in tested if is_forerunner(cell) and set(cell.scope) == {"receiver"} and cell.stage is None]
    found = [growth for cell in chosen if (growth := _growth(cell)) is not None]
    return [growth for growth in found if growth.chance < FALSE_TRENDS]


def is_forerunner(cell: Cell) -> bool:
    """Tell whether the refusals are of the temporary kind that often comes before a permanent one."""
    return cell.category in FORERUNNERS and cell.temporary >= TEMPORARY


def _growth(cell: Cell) -> Growth | None:
    days = [day for day in cell.past[: SPAN - 1] if day.answered]
    if len(days) < FEWEST_DAYS or cell.refused < FEWEST or cell.share < LEAST_MINOR:
        return None
    shares = [cell.share, *(day.share for day in days)]
    before = _pooled(days[-5:])
    if cell.share < TIMES * before or median(shares[:3]) < TIMES * before:
        return None
    return Growth(cell, before, _trend(shares[::-1]))


def _pooled(days: Sequence[Day]) -> float:
    return sum(day.refused for day in days) / sum(day.answered for day in days)


def _trend(shares: Sequence[float]) -> float:
    """Return the one-sided probability of so rising a series by chance, by Kendall's statistic.

    >>> _trend([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) < 0.001, _trend([3, 1, 2, 3, 1, 2, 3, 1, 2, 3]) > 0.1
    (True, True)
    """
    number = len(shares)
    pairs = ((earlier, later) for at, earlier in enumerate(shares) for later in shares[at + 1 :])
    score = sum((later > earlier) - (later < earlier) for earlier, later in pairs)
    deviation = sqrt(number * (number - 1) * (2 * number + 5) / 18)
    return 0.5 * erfc((score - 1) / deviation / sqrt(2))
