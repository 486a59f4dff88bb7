"""Finds the cells in which more is refused than chance explains."""

from collections.abc import Callable, Sequence
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
URGENT = 4
MANY = 3
NEARLY = 0.9
HALF = 0.5
NOTHING = Usual(0.0, 1.0, 0.0)


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


Judge = Callable[[Cell], Rise | None]


def risen(tested: Tested, refused: pl.DataFrame) -> list[Rise]:
    """Return what rose beyond chance, one rise per incident; the chance is shared out over all cells (Bonferroni).

    `refused` are the refusals of the window.
    """
    limit = FALSE_ALARMS / tested.number

    def judge(cell: Cell) -> Rise | None:
        rise = _rise(cell) if _matters(cell) else None
        return rise if rise is not None and rise.chance < limit else None

    return _telling(tested, refused, judge)


def urgent(tested: Tested, refused: pl.DataFrame) -> list[Rise]:
    """Return what is urgent by severity and size alone, as if nothing at all were usual; one rise per incident."""

    def judge(cell: Cell) -> Rise | None:
        enough = cell.severity >= URGENT and cell.refused >= FEWEST_MINOR and cell.share >= LEAST_MINOR
        return Rise(cell, NOTHING, 1.0) if enough else None

    return _telling(tested, refused, judge)


def _telling(tested: Tested, refused: pl.DataFrame, judge: Judge) -> list[Rise]:
    """Return for each incident the scope that tells most, and nothing that it explains already."""
    rises = [rise for cell in tested.cells if (rise := judge(cell)) is not None]
    found = []
    for reason in dict.fromkeys(rise.cell.reason for rise in rises):
        own = [cell for cell in tested.cells if cell.reason == reason and cell.stage is None]
        rows = refused.filter(pl.col("reason") == reason)
        apart = _apart([rise for rise in rises if rise.cell.reason == reason], own, rows, judge)
        found += [_together(apart, own)] if len(apart) >= MANY else apart
    return found


def _apart(left: Sequence[Rise], own: Sequence[Cell], rows: pl.DataFrame, judge: Judge) -> list[Rise]:
    """Return the scopes that tell most, one after the other, each without what those before it explain."""
    (total,) = (cell for cell in own if not cell.scope)
    whole, found = _expected(total), []
    while left:
        best = max(left, key=lambda rise: _tells(rise, whole))
        found.append(best)
        rows = rows.filter(~best.cell.matches())
        left = [again for rise in left if (again := judge(rise.cell.without(rows))) is not None]
        whole = _expected(total.without(rows))
    return found


def _together(apart: Sequence[Rise], own: Sequence[Cell]) -> Rise:
    """Return one rise for a trouble in many scopes, such as a listing that many receivers look up.

    It is told of the own IP or sender domain that nearly all of it has in common, else of all mail.
    """
    refused = sum(rise.cell.refused for rise in apart)
    common = [cell for cell in own if set(cell.scope) in ({"ip"}, {"sender"}) and cell.refused >= NEARLY * refused]
    total = next(cell for cell in own if not cell.scope)
    narrow = [cell for cell in common if cell.refused < total.refused or cell.answered <= HALF * total.answered]
    best = min(narrow, key=lambda cell: cell.answered, default=total)
    return Rise(best, usual(best.past), min(rise.chance for rise in apart))


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
