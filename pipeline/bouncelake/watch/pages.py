"""Makes a page of a verdict."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import polars as pl

from bouncelake.reports import Block, Page, Prose
from bouncelake.reports import Finding as Shown
from bouncelake.reports.wording import age
from bouncelake.watch.ask import HISTORY
from bouncelake.watch.finding import Finding, Verdict

INSTANT = pl.Datetime("us", "UTC")
SCHEMA = {
    "label": pl.String(), "kind": pl.String(), "severity": pl.Int64(), "receiver": pl.String(), "domain": pl.String(),
    "ip": pl.String(), "sender": pl.String(), "host": pl.String(), "topic": pl.String(), "reasons": pl.String(),
    "since": INSTANT, "last": INSTANT, "refused": pl.Int64(), "answered": pl.Int64(), "refused_share": pl.Float64(),
    "usual_share": pl.Float64(), "chance": pl.Float64(), "told": pl.Boolean(), "sentence": pl.String(),
    "reply": pl.String(), "remedy": pl.String(), "query": pl.String(),
}  # fmt: skip


def page(verdict: Verdict, findings: Sequence[Finding], zone: ZoneInfo) -> Page:
    """Return the page for these findings of the verdict."""
    until = verdict.until.astimezone(zone) if verdict.until else None
    when = f"{until:%a} {until.day} {until:%b %H:%M} ({zone.key})" if until else "the end of the lake"
    subtitle = f"The {age(verdict.since)} up to {when}, the end of what was read"
    blocks: list[Block] = [*_learning(verdict), *(_shown(one) for one in findings), *_nothing(findings)]
    return Page("What changed in your mail", subtitle, blocks, _data(findings))


def learning(verdict: Verdict) -> str:
    """Return what to say while the past is too short to compare with."""
    have = 0 if verdict.learning is None else max(0, verdict.learning.days)
    return (
        f"learning what is usual: {have} of {HISTORY.days} days of history so far; until then only refusals of"
        " severity 4 and 5 are told, for 10 recipients and 1% of a provider's mail or more"
    )


def _learning(verdict: Verdict) -> list[Block]:
    return [] if verdict.learning is None else [Prose(f"{learning(verdict).capitalize()}.", "quiet")]


def _nothing(findings: Sequence[Finding]) -> list[Block]:
    return [] if findings else [Prose("Nothing is new, rose, stopped, or warns of worse.", "good")]


def _shown(one: Finding) -> Shown:
    return Shown(one.label, one.tone, one.sentence, [*one.facts, *([("told", "before")] if one.told else [])])


def _data(findings: Sequence[Finding]) -> pl.DataFrame:
    rows = [
        {
            "label": one.label, "kind": one.kind, "severity": one.severity, **one.scope, "topic": one.topic,
            "reasons": ", ".join(one.reasons), "since": one.since, "last": one.last, "refused": one.refused,
            "answered": one.answered, "refused_share": one.share if one.answered else None, "usual_share": one.usual,
            "chance": one.chance, "told": one.told, "sentence": one.sentence, "reply": one.reply,
            "remedy": one.remedy, "query": one.query,
        }
        for one in findings
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA)
