"""The overview with pictures: the same words first, then how it ran over time, provider by provider, reason by day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from bouncelake.reports.behind import behind
from bouncelake.reports.findings import finding
from bouncelake.reports.overview import MOST_FINDINGS, notes, providers_table, subtitle, verdict
from bouncelake.reports.page import Block, Figure, Figures, Fold, Heading, Page, Prose, Table
from bouncelake.reports.period import Period
from bouncelake.reports.pictures import heat, trends
from bouncelake.reports.runner import Desk
from bouncelake.reports.wording import age, named, ratio, share, spoken, urgency

MOST_LESSER = 25
MOST_BEHIND = 5
KINDS = {
    "sender_domain": "Our sender domains",
    "account": "Our accounts",
    "ip": "Our sending IPs",
    "recipient_domain": "Recipient domains",
}

Row = dict[str, Any]


def dashboard(desk: Desk, names: Mapping[str, str]) -> Page:
    """Return the overview for forms that can show pictures."""
    result, data = desk.run("overview"), desk.beside("quality").rows.to_dicts()[0]
    rows = result.rows.to_dicts()
    reasons = [row for row in rows if row["recipients"]]
    providers = list({row["provider"]: row for row in rows}.values())
    blocks: list[Block] = [*verdict(providers, reasons, result.period, names)]
    if providers:
        blocks += [_figures(providers, result.period), *_findings(reasons, result.period, names)]
        blocks += [*trends(desk, providers, reasons[:MOST_FINDINGS], names), *heat(desk)]
        blocks += [Heading("Providers"), providers_table(providers, result.period, names)]
        blocks += _folds(desk, providers, reasons, names)
    return Page("Who refuses your mail", subtitle(result), [*blocks, *notes(providers, data)], result.rows)


def _figures(providers: list[Row], period: Period) -> Figures:
    names = ("answered", "refused", "verdict", "gate", "tried", "delivered", "lost", "waiting")
    total = {name: sum(row[name] for row in providers) for name in names}
    oldest = min((row["oldest"] for row in providers if row["oldest"]), default=None)
    waits = f"the oldest for {age(period.until - oldest)}" if oldest else "nothing in our queue"
    spam = total["verdict"] + total["gate"]
    return Figures(
        [
            Figure("refused", *_parts(total["refused"], total["answered"]), "bad" if total["refused"] else "good"),
            Figure("spam-related", *_parts(spam, total["answered"]), "warn" if spam else "good"),
            Figure("delivered", *_parts(total["delivered"], total["tried"])),
            Figure("lost", *_parts(total["lost"], total["tried"])),
            Figure("waiting", f"{total['waiting']:,}", waits),
        ]
    )


def _parts(part: int, whole: int) -> tuple[str, str]:
    """Return the figure that stands out and the one beside it: a percentage only where the denominator allows one."""
    number, _, percentage = share(part, whole).partition(" ")
    return (percentage, number.replace("/", " of ")) if percentage else (f"{part:,}", f"of {whole:,}")


def _findings(reasons: list[Row], period: Period, names: Mapping[str, str]) -> Iterator[Block]:
    if reasons:
        yield Heading("What is refused, and what to do")
    for number, row in enumerate(reasons[:MOST_FINDINGS], start=1):
        yield replace(finding(row, period, names), number=number, query=behind(row, period))
    rest = reasons[MOST_FINDINGS:]
    if rest:
        yield Fold(f"{len(rest)} lesser reasons", "", list(_lesser(rest, period, names)))


def _lesser(rest: list[Row], period: Period, names: Mapping[str, str]) -> Iterator[Block]:
    yield _table(rest[:MOST_LESSER], period, names, "urgency", "receiver", "reason", "recipients", "since", "do")
    if len(rest) > MOST_LESSER:
        yield Prose(f"{len(rest) - MOST_LESSER} more: `bouncelake report reasons`.", "quiet")


def _table(rows: Sequence[Row], period: Period, names: Mapping[str, str], *columns: str) -> Table:
    """Return reasons as rows, with those of the columns that are asked for."""
    shown = [
        {
            "urgency": urgency(row)[0].lower(),
            "receiver": named(row["receiver"], names),
            "reason": spoken(row["reason"]),
            "recipients": share(row["recipients"], row["of_answered"]),
            "since": period.local(row["first_seen"]) + (" or earlier" if row["first_seen"] < period.since else ""),
            "reply": row["reply"] or "",
            "do": row["remedy"] or "",
        }
        for row in rows
    ]
    return Table(pl.DataFrame(shown).select(columns), {"recipients": "refused/ answered"}, frozenset({"recipients"}))


def _folds(desk: Desk, providers: list[Row], reasons: list[Row], names: Mapping[str, str]) -> Iterator[Fold]:
    """Yield what stands behind each provider that refused anything."""
    whose = desk.beside("identities", top=str(MOST_BEHIND)).rows
    for row in sorted(providers, key=lambda one: (-one["refused"], one["provider"])):
        mine = [one for one in reasons if one["provider"] == row["provider"]][:MOST_BEHIND]
        if mine:
            who = ["receiver"] if row["provider"] == "other" else []
            told = _table(mine, desk.period, names, *who, "reason", "recipients", "since", "reply")
            identities = _identities(whose.filter(pl.col("provider") == row["provider"]))
            note = f"{ratio(row['refused'], row['answered'])} refused"
            yield Fold(named(row["provider"], names), note, [Heading("Reasons"), told, *identities])


def _identities(rows: pl.DataFrame) -> Iterator[Block]:
    for kind, title in KINDS.items():
        of_kind = rows.filter(pl.col("kind") == kind).to_dicts()
        shown = [
            {
                kind: row["identity"],
                "refused": share(row["refused"], row["answered"]),
                "spam_related": share(row["spam_related"], row["answered"]),
            }
            for row in of_kind
        ]
        if shown:
            yield Heading(title)
            yield Table(pl.DataFrame(shown), {}, frozenset({"refused", "spam_related"}))
