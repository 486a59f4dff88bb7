"""Finds the minute at which more was refused than before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import log

HOUR = 3600


def onset(refusals: Sequence[tuple[int, datetime]], traffic: Mapping[int, int], usual: float) -> datetime:
    """Return the time of the refusal from which on the refusals are most unlike the usual share of the traffic.

    `refusals` holds age in seconds and time of each, the oldest first; `traffic` the answers in each hour of age. It is
    the change point of greatest likelihood, for counts around an expected rate.
    """
    upto = _upto(traffic)
    number = len(refusals)
    scores = [
        (_unlike(number - at, max(usual, 1e-6) * _within(upto, age)), -at) for at, (age, _) in enumerate(refusals)
    ]
    return refusals[-max(scores)[1]][1]


def _upto(traffic: Mapping[int, int]) -> list[int]:
    """Return the number of answers in the newest 0, 1, 2, ... hours."""
    sums = [0]
    for hour in range(max(traffic, default=0) + 1):
        sums.append(sums[-1] + traffic.get(hour, 0))
    return sums


def _within(upto: Sequence[int], age: int) -> float:
    hour = min(age // HOUR, len(upto) - 2)
    part = min(1.0, age / HOUR - hour)
    return max(0.5, upto[hour] + part * (upto[hour + 1] - upto[hour]))


def _unlike(count: int, expected: float) -> float:
    return count * log(count / expected) - (count - expected) if count > expected else 0.0
