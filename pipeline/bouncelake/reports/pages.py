"""Makes a page of a report's answer: its title and question, the rows with the columns for people, its notes."""

from collections.abc import Mapping

import polars as pl

from bouncelake.reports.dashboard import dashboard
from bouncelake.reports.findings import finding
from bouncelake.reports.overview import overview, subtitle
from bouncelake.reports.page import Block, Heading, Page, Prose, Table
from bouncelake.reports.runner import Desk, Result
from bouncelake.reports.wording import share, spoken

MOST_REMEDIES = 8


def page(desk: Desk, name: str, names: Mapping[str, str], *, pictures: bool = False) -> Page:
    """Return the page of the report of that name; `names` maps providers to how people call them."""
    if name == "overview" and pictures:
        return dashboard(desk, names)
    result = desk.run(name)
    if name == "overview":
        return overview(result, desk.beside("quality"), names)
    if name == "reasons":
        return _reasons(result, names)
    return Page(result.report.title, subtitle(result), [*_opening(result), *_rows(result)], result.rows)


def _opening(result: Result) -> list[Block]:
    return [Prose(result.report.question), Prose(f"Counts {result.report.counts}.", "quiet")]


def _rows(result: Result) -> list[Block]:
    if result.rows.is_empty():
        return [Prose("Nothing in this period.", "good")]
    notes: list[Block] = [Prose(result.report.notes, "quiet")] if result.report.notes else []
    return [_table(result), *_to_do(result), *notes]


def _to_do(result: Result) -> list[Block]:
    """Return what to do about the rows, each remedy once, in the order of the rows."""
    if not {"reason", "remedy"} <= set(result.rows.columns):
        return []
    told = result.rows.select("reason", "remedy").drop_nulls("remedy").unique(maintain_order=True)
    lines = [Prose(f"{spoken(reason).capitalize()}: {remedy}") for reason, remedy in told.head(MOST_REMEDIES).rows()]
    return [Heading("What to do"), *lines] if lines else []


def _reasons(result: Result, names: Mapping[str, str]) -> Page:
    rows = result.rows.rename({"provider": "receiver", "answered": "of_answered"}).to_dicts()
    blocks: list[Block] = [finding(row, result.period, names) for row in rows]
    nothing: list[Block] = [Prose("No refusals in this period.", "good")]
    return Page(result.report.title, subtitle(result), [*_opening(result), *(blocks or nothing)], result.rows)


def _table(result: Result) -> Table:
    """Return the columns that the header's `show` names; `part/whole` becomes one column with both numbers."""
    shown = result.report.show or tuple(result.rows.columns)
    columns, right = [], set()
    for name in shown:
        part, slash, whole = name.partition("/")
        if slash:
            right.add(part)
            pairs = result.rows.select(part, whole).iter_rows()
            columns.append(pl.Series(part, [share(*pair) for pair in pairs], pl.String()))
        else:
            columns.append(result.rows[name])
    return Table(pl.DataFrame(columns), {}, frozenset(right))
