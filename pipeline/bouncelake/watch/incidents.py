"""Decides what is an incident: what is new, what rose, what grows; one for each trouble, however many cells show it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from bouncelake.watch.ask import Ask
from bouncelake.watch.cells import Cell, tested
from bouncelake.watch.growing import growing, is_forerunner
from bouncelake.watch.risen import Rise, risen, urgent

Kind = Literal["new", "rose", "warning", "growing", "standing", "stopped", "silent"]
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Incident:
    """Refusals that belong together: what kind of change, where, for which reasons, what was usual before.

    `usual` is None where nothing can be said about it; `chance` is the probability that chance gives as much.
    """

    kind: Kind
    scope: Mapping[str, str]
    category: str
    reasons: tuple[str, ...]
    stage: str | None
    severity: int
    refused: int
    usual: float | None
    chance: float | None

    def related(self, other: "Incident") -> bool:
        """Tell whether both are one trouble: the same category, and one scope inside the other."""
        mine, its = self.scope.items(), other.scope.items()
        nested = (mine <= its or its <= mine) and ("receiver" in self.scope) == ("receiver" in other.scope)
        return self.category == other.category and nested and bool(self.scope) and bool(other.scope)

    def known_from(self, older: Collection[tuple[str, str]]) -> "Incident":
        """Return the incident, as a rise if its receiver gave one of its reasons on an older day (receiver, reason)."""
        receiver = self.scope.get("receiver")
        seen = any(reason in self.reasons and receiver in {None, who} for who, reason in older)
        return replace(self, kind="rose") if self.kind == "new" and seen and self.stage is None else self


def incidents(refused: pl.DataFrame, answered: pl.DataFrame, known: pl.DataFrame, ask: Ask) -> list[Incident]:
    """Return what changed beyond chance, one incident for each trouble; the largest first.

    The frames are the answers of `refused`, `answered` and `known` in `sql/watch`.
    """
    alike = [slot for slot in range(1, ask.slots + 1) if slot * ask.period.days % WEEK_DAYS == 0]
    all_cells = tested(refused, answered, alike)
    window = refused.filter(pl.col("slot") == 0)
    found = [_incident(rise, window, known) for rise in risen(all_cells, window)]
    trends = [_plain("growing", one.cell, one.before, one.chance) for one in growing(all_cells.cells)]
    return _joined([*found, *trends])


def standing(refused: pl.DataFrame, answered: pl.DataFrame) -> list[Incident]:
    """Return what is urgent in the window by its severity alone, for a past too short to tell what is usual."""
    window, traffic = (rows.filter(pl.col("slot") == 0) for rows in (refused, answered))
    return _joined([_plain("standing", rise.cell, None, None) for rise in urgent(tested(window, traffic, ()), window)])


def _incident(rise: Rise, window: pl.DataFrame, known: pl.DataFrame) -> Incident:
    plain = _plain("rose", rise.cell, rise.usual.share, rise.chance)
    if _is_new(rise.cell, window, known):
        return replace(plain, kind="new")
    return replace(plain, kind="warning") if is_forerunner(rise.cell) else plain


def _is_new(cell: Cell, window: pl.DataFrame, known: pl.DataFrame) -> bool:
    """Tell whether most of these refusals have a reason and stage that their receiver never gave before."""
    keys = ["receiver", "reason", "stage"]
    own = window.filter(cell.matches())
    before = own.join(known.select(keys).unique(), on=keys, how="semi", nulls_equal=True)
    return before["pair"].n_unique() * 10 < own["pair"].n_unique()


def _plain(kind: Kind, cell: Cell, usual: float | None, chance: float | None) -> Incident:
    reasons, severity, refused = (cell.reason,), cell.severity, cell.refused
    return Incident(kind, cell.scope, cell.category, reasons, cell.stage, severity, refused, usual, chance)


def _joined(found: Iterable[Incident]) -> list[Incident]:
    joined: list[Incident] = []
    for one in sorted(found, key=lambda one: (one.kind == "growing", -one.refused, one.reasons)):
        at = next((place for place, other in enumerate(joined) if other.related(one)), None)
        if at is None:
            joined.append(one)
        else:
            joined[at] = _both(joined[at], one)
    return joined


def _both(larger: Incident, smaller: Incident) -> Incident:
    reasons = tuple(dict.fromkeys((*larger.reasons, *smaller.reasons)))
    if reasons == larger.reasons:
        return larger
    usual = None if larger.usual is None else larger.usual + (smaller.usual or 0.0)
    severity = max(larger.severity, smaller.severity)
    stage = larger.stage if larger.stage == smaller.stage else None
    return replace(larger, reasons=reasons, usual=usual, severity=severity, stage=stage)


def chosen(found: Sequence[Incident]) -> pl.DataFrame:
    """Return the incidents as the table `chosen` that `sql/watch` reads: one row for each incident and reason."""
    rows = [
        {"id": number, "reason": reason, "stage": one.stage, **one.scope}
        for number, one in enumerate(found)
        for reason in one.reasons
    ]
    texts = dict.fromkeys(("reason", "stage", "receiver", "domain", "ip", "sender"), pl.String())
    return pl.DataFrame(rows, schema={"id": pl.Int32(), **texts})
