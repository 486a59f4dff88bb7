"""The test behind an alarm: what is usual, and how likely chance alone gives as much.

The share of refused recipients differs from day to day more than dice would: one campaign, one full mailbox server. So
each day has a share of its own, drawn from a beta distribution, and the refused of that day are drawn by that share:
a beta-binomial distribution. Its mean and spread are learned from the past; what the past cannot tell, because it is
short or because nothing was refused in it, widens the distribution.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma
from statistics import median

SPREAD = 1.0  # squared coefficient of variation of the daily share that is assumed before the past tells another
ASSUMED = 4  # as many days of the past as this assumption weighs
NARROWEST = 0.02
WIDEST = 1.0  # as an exponential distribution; more than that is an incident in the past
TRIM_SPREAD = 1.0
TRIM_TAIL = 1e-3
ROUNDS = 3
FEWEST_ALIKE = 3
SMALLEST_TERM = 1e-10


@dataclass(frozen=True, slots=True)
class Day:
    """One period of the past: how many were refused of how many, and whether it is of the window's weekday."""

    refused: int
    answered: int
    alike: bool = False

    @property
    def share(self) -> float:
        """Return the refused share; there must be an answer."""
        return self.refused / self.answered


@dataclass(frozen=True, slots=True)
class Usual:
    """What the past leads one to expect: the share, its relative variance, the largest share of an ordinary day."""

    share: float
    spread: float
    highest: float


def usual(days: Sequence[Day]) -> Usual:
    """Return what is usual, however bad fewer than half of the days were.

    >>> round(usual([Day(10, 1000)] * 24 + [Day(800, 1000)] * 4).share, 3)
    0.01
    """
    known = [day for day in days if day.answered]
    kept = _ordinary(known)
    refused, answered = sum(day.refused for day in kept), sum(day.answered for day in kept)
    pooled = _share(refused, answered)
    alike = [day.share for day in known if day.alike]
    expected = max(pooled, median(alike)) if len(alike) >= FEWEST_ALIKE else pooled
    between = _spread(kept, pooled)
    known_only_so_well = (between / len(kept) if kept else 0.0) + 1 / (refused + 0.5)
    return Usual(min(expected, 0.999), between + known_only_so_well, _highest(kept))


def tail(refused: int, answered: int, share: float, spread: float) -> float:
    """Return the probability of at least so many refused, if the day's share varies so much around the usual one.

    >>> tail(0, 100, 0.01, 0.1), round(tail(10, 100, 0.01, 0.1), 9) < 1e-4
    (1.0, True)
    """
    if refused <= share * answered:
        return 1.0
    alpha = 1 / spread
    beta = alpha * (1 - share) / share
    term = exp(_log_chance(refused, answered, alpha, beta))
    total = 0.0
    for count in range(refused, answered + 1):
        total += term
        if term < SMALLEST_TERM * total:
            break
        term *= (answered - count) / (count + 1) * (alpha + count) / (beta + answered - count - 1)
    return min(total, 1.0)


def none_left(answered: int, share: float, spread: float) -> float:
    """Return the probability of not a single one, where each of so many had this share of a chance.

    >>> none_left(1000, 0.5, 0.05) < 1e-9
    True
    """
    alpha = 1 / spread
    beta = alpha * (1 - share) / share
    return exp(_log_chance(0, answered, alpha, beta))


def _ordinary(known: Sequence[Day]) -> Sequence[Day]:
    """Return the days without those that stand out: at least the half with the lowest shares stays."""
    ranked = sorted(known, key=lambda day: day.share)
    half = ranked[: (len(ranked) + 1) // 2]
    kept = half
    for _ in range(ROUNDS):
        share = _share(sum(day.refused for day in kept), sum(day.answered for day in kept))
        rest = ranked[len(half) :]
        kept = [*half, *(day for day in rest if tail(day.refused, day.answered, share, TRIM_SPREAD) > TRIM_TAIL)]
    return kept


def _share(refused: int, answered: int) -> float:
    return (refused + 0.5) / (answered + 1)


def _spread(days: Sequence[Day], share: float) -> float:
    """Return the squared coefficient of variation of the daily share, by moments, drawn towards the assumption."""
    means = [share * day.answered for day in days]
    square = sum(mean * mean for mean in means)
    over = sum((day.refused - mean) ** 2 - mean * (1 - share) for day, mean in zip(days, means, strict=True))
    weight = sum(min(1.0, mean) for mean in means)
    found = max(0.0, over / square) if square else 0.0
    return min(WIDEST, max(NARROWEST, (weight * found + ASSUMED * SPREAD) / (weight + ASSUMED)))


def _highest(days: Sequence[Day]) -> float:
    if not days:
        return 0.0
    enough = median(day.answered for day in days) / 4
    return max(day.share for day in days if day.answered >= enough)


def _log_chance(refused: int, answered: int, alpha: float, beta: float) -> float:
    """Return the logarithm of the beta-binomial probability of exactly so many."""
    ways = lgamma(answered + 1) - lgamma(refused + 1) - lgamma(answered - refused + 1)
    drawn = lgamma(refused + alpha) + lgamma(answered - refused + beta) - lgamma(answered + alpha + beta)
    return ways + drawn + lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta)
