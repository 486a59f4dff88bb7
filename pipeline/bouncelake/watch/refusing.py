"""Makes findings of incidents: the exact figures, the minute of the beginning, reply, remedy and query."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from bouncelake.reports.wording import urgency
from bouncelake.watch import queries
from bouncelake.watch.books import Books
from bouncelake.watch.finding import Finding
from bouncelake.watch.incidents import Incident, chosen
from bouncelake.watch.onset import onset
from bouncelake.watch.wording import Words

MOST_REFUSALS = 50_000


def findings(books: Books, found: Sequence[Incident], words: Words) -> list[Finding]:
    """Return the finding of each incident."""
    if not found:
        return []
    table = chosen(found)
    details = books.frame("details", chosen=table)
    shares = books.frame("shares", chosen=table)
    begins = _Beginnings(books, table)
    rows = details.join(shares, on="id").sort("id").to_dicts()
    return [_finding(books, words, found[row["id"]], row, begins) for row in rows]


class _Beginnings:
    """The refusals and the traffic of the last week for each incident."""

    def __init__(self, books: Books, table: pl.DataFrame) -> None:
        self._refusals = books.frame("onsets", chosen=table)
        self._traffic = books.frame("traffic", chosen=table)

    def of(self, number: int, usual: float) -> Any:  # noqa: ANN401 - a time, as the frame holds it
        """Return when the incident of that number began."""
        own = self._refusals.filter(pl.col("id") == number).tail(MOST_REFUSALS)
        traffic = self._traffic.filter(pl.col("id") == number).select("hour", "answered")
        return onset(own.select("age", "ts").rows(), dict(traffic.iter_rows()), usual)


def _finding(books: Books, words: Words, one: Incident, row: dict[str, Any], begins: _Beginnings) -> Finding:
    row |= {
        "recipients": row["refused"],
        "answered": max(row["answered"], row["refused"]),
    }
    label, tone = urgency(row)
    since = row["first_ts"] if one.kind == "standing" else begins.of(row["id"], one.usual or 0.0)
    sql = _query(books, one, row["provider"])
    facts = words.facts(one, row)
    return Finding(
        kind=one.kind, label=label, tone=tone, severity=row["severity"] or 1, scope=one.scope, topic=one.category,
        reasons=one.reasons, since=since, last=row["last_ts"], refused=row["refused"], answered=row["answered"],
        usual=one.usual, chance=one.chance, sentence=words.refusal(one, row, since),
        facts=[*facts, ("query", queries.command(sql))], reply=row["reply"],
        remedy=dict(facts).get("do", ""), query=sql,
    )  # fmt: skip


def _query(books: Books, one: Incident, provider: str | None) -> str:
    scope = [queries.window(books.windows, books.ask.since), *queries.conditions(one.scope, provider)]
    return queries.refusals(scope, (one.reasons, one.stage), grey=one.category == "greylist")
