"""Figures over time for pictures: one per provider, and reasons by day."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from bouncelake.reports.page import Block, Heading, Heat, Mark, Prose, Table, Tone, Trend, Trends
from bouncelake.reports.runner import Desk
from bouncelake.reports.steps import Steps, parsed, steps
from bouncelake.reports.wording import SMALLEST, named, ratio, spoken, urgency

MOST_PICTURES = 12
MOST_REASONS = "14"
TONES: Mapping[str, Tone] = {"verdict": "bad", "gate": "warn"}
COUNTS = ("answered", "refused", "spam_related")

Row = dict[str, Any]


def trends(desk: Desk, providers: Sequence[Row], reasons: Sequence[Row], names: Mapping[str, str]) -> Iterator[Block]:
    """Yield one picture per provider: shares and volume over time, and where a finding that needs action began."""
    grain = steps(desk.period, None).grain
    rows = desk.beside("timeline", by=grain).rows
    if rows.is_empty():
        return
    time = steps(desk.period, parsed(rows["day"][0], desk.period))
    shown = sorted(providers, key=lambda row: (-row["refused"], -row["answered"], row["provider"]))
    pictures = [_trend(row, rows, time, reasons, names) for row in shown if row["answered"]][:MOST_PICTURES]
    yield Heading(f"How it ran, {grain} by {grain}")
    yield Prose(
        f"Shares on one scale for all, none where fewer than {SMALLEST} were answered; volume on each provider's own.",
        "quiet",
    )
    yield Trends(
        pictures, time.labels(), time.place(desk.period.since), Table(rows.drop("refused_share", "spam_share"))
    )


def _trend(provider: Row, rows: pl.DataFrame, time: Steps, reasons: Sequence[Row], names: Mapping[str, str]) -> Trend:
    mine = {row["day"]: row for row in rows.filter(pl.col("provider") == provider["provider"]).iter_rows(named=True)}
    answered, refused, spam = ([mine[key][name] if key in mine else 0 for key in time.keys] for name in COUNTS)
    marks = [_mark(number, row, time) for number, row in enumerate(reasons, start=1) if _acts(row, provider)]
    before = provider["share_before"]
    caption = f"{ratio(provider['refused'], provider['answered'])} refused"
    was = "" if before is None else f", {before * 100:.1f}% before"
    tone: Tone = "bad" if marks else "plain"
    return Trend(named(provider["provider"], names), caption + was, answered, refused, spam, marks, tone)


def _acts(row: Row, provider: Row) -> bool:
    return bool(row["provider"] == provider["provider"] and urgency(row)[0].startswith("ACT"))


def _mark(number: int, row: Row, time: Steps) -> Mark:
    return Mark(
        time.place(row["first_seen"]), number, f"{spoken(row['reason'])}, since {time.period.local(row['first_seen'])}"
    )


def heat(desk: Desk) -> Iterator[Block]:
    """Yield the map of reasons by day."""
    grain = steps(desk.period, None).grain
    rows = desk.beside("calendar", by=grain, top=MOST_REASONS).rows
    if rows.is_empty():
        return
    time = steps(desk.period, parsed(str(rows["day"].min()), desk.period))
    counts: dict[tuple[str, str, str | None], dict[str, int]] = defaultdict(dict)
    for row in rows.iter_rows(named=True):
        counts[row["category"], row["reason"], row["spam_signal"]][row["day"]] = row["recipients"]
    yield Heading(f"Reasons, {grain} by {grain}")
    yield Prose(
        "Recipients refused for each reason. Red dot: they say spam or bad reputation; amber: an anti-spam gate.",
        "quiet",
    )
    yield Heat(
        [spoken(reason) for _, reason, _ in counts],
        [TONES.get(signal or "", "quiet") for _, _, signal in counts],
        time.labels(),
        [[days.get(key, 0) for key in time.keys] for days in counts.values()],
        int(time.place(desk.period.since) * len(time.keys)),
        Table(rows.select("day", "category", "reason", "recipients")),
    )
