"""Finds the cells in which more is refused than chance explains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

import polars as pl

from bouncelake.watch.cells import FEWEST, FEWEST_REPLIES, Cell, Tested
from bouncelake.watch.chance import Usual, tail, usual

FALSE_ALARMS = 0.02  # chance that a quiet run finds anything, over all cells that it tests
TIMES = 1.5
POINTS = 0.1
MINOR = 3  # severities up to this need more
FEWEST_MINOR = 10
LEAST_MINOR = 0.01
LEAST = 0.002
PER_DIMENSION = 2.0
NARROWER = 0.97  # a scope with one more dimension must explain this much better
EVERYWHERE = 3.0


@dataclass(frozen=True, slots=True)
class Rise:
    """A cell, what is usual in it, and how likely chance gives as many refusals."""

    cell: Cell
    usual: Usual
    chance: float

    @property
    def excess(self) -> float:
        """Return how many more were refused than usual."""
        return max(0.0, self.cell.refused - self.usual.share * self.cell.answered)


def risen(tested: Tested) -> list[Rise]:
    """Return the cells that rose beyond chance, the chance shared out over all cells (Bonferroni)."""
    limit = FALSE_ALARMS / tested.number
    rises = (_rise(cell) for cell in tested.cells if _matters(cell))
    return [rise for rise in rises if rise is not None and rise.chance < limit]


def telling(rises: Sequence[Rise], tested: Tested, refused: pl.DataFrame) -> list[Rise]:
    """Return one rise per incident: the scope that tells most, and nothing that it explains already.

    `refused` are the refusals of the window.
    """
    limit = FALSE_ALARMS / tested.number
    totals = {cell.reason: cell for cell in tested.cells if not cell.scope}
    found = []
    for reason in dict.fromkeys(rise.cell.reason for rise in rises):
        left = [rise for rise in rises if rise.cell.reason == reason]
        rows = refused.filter(pl.col("reason") == reason)
        whole = _expected(totals[reason])
        while left:
            best = max(left, key=lambda rise: _tells(rise, whole))
            found.append(best)
            rows = rows.filter(~best.cell.matches())
            left = list(_still(left, rows, limit))
            whole = _expected(totals[reason].without(rows))
    return found


def _rise(cell: Cell) -> Rise | None:
    expected = usual(cell.past)
    if cell.share < TIMES * expected.share and cell.share < expected.share + POINTS:
        return None
    if cell.share <= expected.highest:
        return None
    # The recipients of one reply are refused together: the test counts replies.
    replies = min(cell.replies, cell.refused)
    of = max(replies, round(cell.answered * replies / cell.refused))
    return Rise(cell, expected, tail(replies, of, expected.share, expected.spread))


def _matters(cell: Cell) -> bool:
    if cell.refused < FEWEST or cell.replies < FEWEST_REPLIES:
        return False
    if cell.severity <= MINOR:
        return cell.refused >= FEWEST_MINOR and cell.replies >= FEWEST and cell.share >= LEAST_MINOR
    return cell.share >= LEAST


def _still(left: Sequence[Rise], rows: pl.DataFrame, limit: float) -> Iterator[Rise]:
    for rise in left:
        cell = rise.cell.without(rows)
        again = _rise(cell) if _matters(cell) else None
        if again is not None and again.chance < limit:
            yield again


def _expected(cell: Cell) -> Rise:
    return Rise(cell, usual(cell.past), 1.0)


def _tells(rise: Rise, whole: Rise) -> float:
    """Return how much better the incident is told by this scope than by none: a spatial scan statistic.

    It compares the excess inside the scope with that outside; among equals the scope with fewer dimensions wins.
    """
    dimensions = len(rise.cell.scope) + (rise.cell.stage is not None)
    if not dimensions:
        return EVERYWHERE
    inside, room = rise.excess, rise.cell.answered
    outside, rest = max(0.0, whole.excess - inside), max(0, whole.cell.answered - room)
    if not rest or inside * rest <= outside * room:
        return -PER_DIMENSION * dimensions if rest else EVERYWHERE - dimensions
    gain = _fit(inside, room) + _fit(outside, rest) - _fit(inside + outside, room + rest)
    return gain * NARROWER ** (dimensions - 1) - PER_DIMENSION * dimensions


def _fit(part: float, whole: float) -> float:
    share = part / whole
    other = whole - part
    return (part * log(share) if part > 0 else 0.0) + (other * log(other / whole) if other > 0 else 0.0)
