"""The page of a trial: how much is explained, by which rules, and what is not."""

import polars as pl

from bouncelake.reports import Block, Heading, Page, Prose, Table
from bouncelake.reports.wording import ratio

WORDS = ("provider+code+phrase", "phrase")
_HOW = {
    "by words": pl.col("matched_by").is_in(WORDS),
    "by a provider's code": pl.col("matched_by") == "provider+code",
    "by a code alone": pl.col("matched_by").is_in(["code", "class-digit"]),
}


def page(name: str, rows: pl.DataFrame, top: int) -> Page:
    """Return the page of what `tried` returns; tables show the first `top` rows."""
    known = pl.col("category") != "unclassified"
    total = _sum(rows)
    parts = {how: _sum(rows.filter(known & test)) for how, test in _HOW.items()}
    blocks: list[Block] = [Prose(f"{total:,} refusals, {rows['template'].n_unique():,} templates.")]
    blocks += [Prose(f"Explained {how}: {ratio(count, total)}.") for how, count in parts.items()]
    rest = rows.filter(~known)
    blocks.append(Prose(f"Not explained: {ratio(_sum(rest), total)}.", "plain" if rest.is_empty() else "warn"))
    by_rule = rows.filter(known).select("replies", "rule", "reason", "bounce", "why", "template").head(top)
    blocks += _block("What matched, and why", by_rule)
    blocks += _block("Not explained", rest.select("replies", "provider", "template").head(top))
    return Page(name, "", blocks, rows)


def _sum(rows: pl.DataFrame) -> int:
    return int(rows["replies"].sum())


def _block(title: str, rows: pl.DataFrame) -> list[Block]:
    return [] if rows.is_empty() else [Heading(title), Table(rows)]
