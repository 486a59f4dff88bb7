"""The first page that people see: who refuses mail, since when, why, and what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from bouncelake.reports.findings import finding
from bouncelake.reports.page import Block, Heading, Page, Prose, Table, Tone
from bouncelake.reports.period import Period
from bouncelake.reports.runner import Result
from bouncelake.reports.wording import FEWEST, LEAST, age, named, ratio, share, spoken, urgency

MOST_FINDINGS = 6
HEADINGS = {
    "provider": "provider",
    "tried": "tried",
    "delivered": "delivered",
    "waiting": "waiting (oldest)",
    "lost": "lost",
    "refused": "refused/ answered",
    "kinds": "verdict/ gate/ other",
    "change": "change",
}

Row = dict[str, Any]


def overview(result: Result, quality: Result, names: Mapping[str, str]) -> Page:
    """Return the page for the rows of the report `overview` and the one row of `quality`."""
    rows, data = result.rows.to_dicts(), quality.rows.to_dicts()[0]
    reasons = [row for row in rows if row["recipients"]]
    providers = list({row["provider"]: row for row in rows}.values())
    blocks: list[Block] = [*verdict(providers, reasons, result.period, names)]
    if reasons:
        blocks.append(Heading("What is refused, and what to do"))
        blocks += [finding(row, result.period, names) for row in reasons[:MOST_FINDINGS]]
        blocks += _more(reasons)
    if providers:
        blocks += [Heading("Providers"), providers_table(providers, result.period, names)]
    blocks += notes(providers, data)
    return Page("Who refuses your mail", subtitle(result), blocks, result.rows)


def subtitle(result: Result) -> str:
    """Return the line that says what period is shown, and what was asked for."""
    period = result.period
    assumed = ", the 7 days up to the newest event" if period.assumed else ""
    asked = "".join(f"; {name.replace('_', ' ')} {value}" for name, value in result.asked.items())
    return f"{period.local(period.since)} to {period.local(period.until)} ({period.zone.key}){assumed}{asked}"


def verdict(providers: list[Row], reasons: list[Row], period: Period, names: Mapping[str, str]) -> Iterator[Prose]:
    """Yield what to know if nothing else is read: how much is refused, by whom, and what needs action."""
    answered, refused = (sum(row[key] for row in providers) for key in ("answered", "refused"))
    if not providers:
        yield Prose("No mail to other servers in this period. Logs come in with `bouncelake ingest PATH`.", "plain")
    elif not refused:
        yield Prose(f"Nobody refuses your mail: receivers answered for {answered:,} recipients, all accepted.", "good")
    else:
        urgent = [row for row in reasons if urgency(row)[0].startswith("ACT")]
        tone: Tone = urgency(urgent[0])[1] if urgent else "plain"
        yield Prose(_refused(answered, refused, providers, names), tone)
        yield Prose(_actions(urgent, period, names) if urgent else _calm(providers, names), tone)


def _refused(answered: int, refused: int, providers: list[Row], names: Mapping[str, str]) -> str:
    worst = max(providers, key=lambda row: row["refused"])
    before = "" if worst["share_before"] is None else f", {worst['share_before'] * 100:.1f}% in the period before"
    return (
        f"{ratio(refused, answered, 'recipients')} were refused at least once, most of them by"
        f" {named(worst['provider'], names)}: {ratio(worst['refused'], worst['answered'])}{before}."
    )


def _actions(urgent: list[Row], period: Period, names: Mapping[str, str]) -> str:
    parts = [
        f"{named(row['receiver'], names)}, {spoken(row['reason'])}, since {period.local(row['first_seen'])}"
        for row in urgent[:MOST_FINDINGS]
    ]
    return f"{urgency(urgent[0])[0].capitalize()}: {'; '.join(parts)}. What to do stands below."


def _calm(providers: list[Row], names: Mapping[str, str]) -> str:
    """Return what to look at where no single reason is urgent: the provider that refuses the largest share."""
    known = [row for row in providers if row["refused"] >= FEWEST and row["refused"] >= LEAST * row["answered"]]
    if not known:
        return "Nothing of it needs action at once."
    worst = max(known, key=lambda row: row["refused"] / row["answered"])
    who, told = named(worst["provider"], names), ratio(worst["refused"], worst["answered"])
    return f"No single reason is urgent, but look at {who}: {told} refused, for several reasons."


def _more(reasons: list[Row]) -> Iterator[Prose]:
    left = len(reasons) - MOST_FINDINGS
    if left > 0:
        yield Prose(f"{left} more: `bouncelake report reasons`.", "quiet")


def providers_table(providers: list[Row], period: Period, names: Mapping[str, str]) -> Table:
    """Return one row for each provider: what was tried, and what became of it."""
    shown = [
        {
            "provider": named(row["provider"], names),
            "tried": row["tried"],
            "delivered": row["delivered"],
            "waiting": _waiting(row, period),
            "lost": row["lost"],
            "refused": share(row["refused"], row["answered"]),
            "kinds": f"{row['verdict']:,}/{row['gate']:,}/{row['others']:,}",
            "change": row["change"],
        }
        for row in sorted(providers, key=lambda row: (-row["refused"], -row["tried"], row["provider"]))
    ]
    schema = {name: pl.String() if isinstance(shown[0][name], str) else pl.Int64() for name in HEADINGS}
    frame = pl.DataFrame(shown, schema=schema | {"change": pl.Float64()})
    return Table(frame, HEADINGS, frozenset({"waiting", "refused", "kinds"}))


def _waiting(row: Row, period: Period) -> str:
    return f"{row['waiting']:,} ({age(period.until - row['oldest'])})" if row["waiting"] else "0"


def notes(providers: list[Row], data: Row) -> list[Block]:
    """Return what limits the figures."""
    return [Heading("Notes"), *_unanswered(providers), *_notes(data)]


def _unanswered(providers: list[Row]) -> Iterator[Prose]:
    number = sum(row["no_answer"] for row in providers)
    if number:
        yield Prose(
            f"Waiting or lost without any word of a receiver (names, routes, connections): {number:,}; in the view"
            " `outcomes`, categories `network` and `routing`."
        )


def _notes(data: Row) -> Iterator[Prose]:
    yield Prose("Counted are messages x recipients. Delivered means that the receiver said 250: accepted, not inbox.")
    if data["handed_over"]:
        yield Prose(
            f"Handed to a smarthost: {data['handed_over']:,}. What became of them is in its log, not here: ingest that"
            " log too.",
            "warn",
        )
    aside = _aside(data)
    if aside:
        yield Prose(f"In no rate above: {aside}.")
    yield Prose(
        f"Data: {data['lines']:,} lines read = {data['events']:,} events + {data['context']:,} context"
        f" + {data['foreign_lines']:,} of other programs + {data['refused_lines']:,} refused."
        f" {ratio(data['unlinked'], data['period_events'])} events unlinked,"
        f" {ratio(data['unclassified'], data['refusals'])} refusals unclassified.",
        "warn" if data["refused_lines"] * 100 > data["lines"] else "quiet",
    )


def _aside(data: Row) -> str:
    parts = (
        ("greylisted", "{:,} greylisted"),
        ("backscatter", "{:,} refused bounces of our own (backscatter)"),
        ("rejected", "{:,} that we refused ourselves (`bouncelake report rejects`)"),
    )
    return ", ".join(text.format(data[key]) for key, text in parts if data[key])
