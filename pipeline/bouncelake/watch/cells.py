"""Counts refusals for every reason along the dimensions: receiver, recipient domain, own IP, sender domain."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from bouncelake.watch.chance import Day

DIMENSIONS = ("receiver", "domain", "ip", "sender")
SCOPES: tuple[tuple[str, ...], ...] = (
    (),
    ("receiver",),
    ("domain",),
    ("ip",),
    ("sender",),
    ("receiver", "ip"),
    ("receiver", "sender"),
    ("ip", "sender"),
)
FEWEST = 5  # recipients
FEWEST_REPLIES = 3
_ALL = pl.lit(0).alias("all")


@dataclass(frozen=True, slots=True)
class Cell:
    """The refusals for one reason in one scope: in the window, and in the same hours of each period before.

    `scope` maps dimensions to values; `stage` is set when the cell is about one stage of the dialogue only.
    """

    scope: Mapping[str, str]
    reason: str
    category: str
    severity: int
    temporary: float
    refused: int
    replies: int
    answered: int
    past: Sequence[Day]
    stage: str | None = None

    @property
    def share(self) -> float:
        """Return the refused share in the window."""
        return self.refused / self.answered

    def matches(self) -> pl.Expr:
        """Return the condition for rows of refusals that belong to this cell."""
        expressions = [pl.col(name).eq(value) for name, value in self.scope.items()]
        stage = [] if self.stage is None else [pl.col("stage").eq(self.stage)]
        return pl.all_horizontal(pl.col("reason").eq(self.reason), *expressions, *stage).fill_null(value=False)

    def without(self, refused: pl.DataFrame) -> "Cell":
        """Return the cell with only those refusals of the window that are still in the frame."""
        own = refused.filter(self.matches())
        return replace(self, refused=own["pair"].n_unique(), replies=own["attempt"].n_unique())


@dataclass(frozen=True, slots=True)
class Tested:
    """The cells with enough refusals in the window, and how many there are in all: each could have had enough."""

    cells: Sequence[Cell]
    number: int


def tested(refused: pl.DataFrame, answered: pl.DataFrame, alike: Iterable[int]) -> Tested:
    """Return every cell with enough refusals in the window (slot 0); `alike` are the slots of its weekday."""
    same = frozenset(alike)
    found = [cell for scope in SCOPES for cell in _scope(refused, answered, scope, same)]
    stages = list(_new_stages(refused, answered, same))
    number = sum(refused.drop_nulls(scope).select(*scope, "reason").n_unique() for scope in SCOPES)
    return Tested([*found, *stages], max(1, number + len(stages)))


def _new_stages(refused: pl.DataFrame, answered: pl.DataFrame, same: frozenset[int]) -> Iterator[Cell]:
    """Yield a cell for each receiver, reason and stage that the past does not know, where it knows the reason."""
    staged = refused.filter(pl.col("stage").is_not_null())
    split = staged.with_columns(key=pl.concat_str("reason", pl.lit("\n"), "stage"))
    known = refused.filter(pl.col("slot") > 0).select("receiver", "reason").unique()
    again = split.join(known, on=["receiver", "reason"], how="semi")
    for cell in _scope(again.with_columns(reason="key"), answered, ("receiver",), same):
        if not any(day.refused for day in cell.past):
            reason, _, stage = cell.reason.partition("\n")
            yield replace(cell, reason=reason, stage=stage)


def _scope(
    refused: pl.DataFrame, answered: pl.DataFrame, scope: tuple[str, ...], same: frozenset[int]
) -> Iterator[Cell]:
    here = pl.all_horizontal(pl.lit(value=True), *(pl.col(name).is_not_null() for name in scope))
    keys = ["all", *scope]
    counts = refused.filter(here).group_by(_ALL, *scope, "reason", "slot").agg(
        pl.col("pair").n_unique().alias("refused"),
        pl.col("attempt").n_unique().alias("replies"),
        pl.col("category").first(),
        pl.col("severity").max(),
        pl.col("temporary").cast(pl.Float64).mean(),
    )  # fmt: skip
    enough = (pl.col("slot") == 0) & (pl.col("refused") >= FEWEST) & (pl.col("replies") >= FEWEST_REPLIES)
    window = counts.filter(enough).drop("slot")
    # The rows with a domain repeat what the others count.
    once = pl.col("domain").is_null() if "domain" not in scope else here
    traffic = answered.filter(here & once).group_by(_ALL, *scope, "slot").agg(pl.col("answered").sum())
    past = counts.select(*keys, "reason", "slot", before="refused")
    days = (
        window.select(*keys, "reason")
        .join(traffic, on=keys)
        .join(past, on=[*keys, "reason", "slot"], how="left")
        .sort("slot")
        .group_by(*keys, "reason")
        .agg("slot", pl.col("before").fill_null(0), "answered")
    )
    rows = window.join(days, on=[*keys, "reason"]).sort(*keys, "reason")
    yield from (_cell(row, scope, same) for row in rows.iter_rows(named=True))


def _cell(row: Mapping[str, Any], scope: tuple[str, ...], same: frozenset[int]) -> Cell:
    days = list(zip(row["slot"], row["before"], row["answered"], strict=True))
    window = next((answered for slot, _, answered in days if slot == 0), 0)
    return Cell(
        scope={name: row[name] for name in scope},
        reason=row["reason"],
        category=row["category"],
        severity=row["severity"] or 1,
        temporary=row["temporary"],
        refused=row["refused"],
        replies=row["replies"],
        answered=max(window, row["refused"]),
        past=[Day(before, max(before, answered), slot in same) for slot, before, answered in days if slot > 0],
    )
