"""The check itself: a lake in, a verdict out."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import polars as pl

from bouncelake.sandbox.views import Files
from bouncelake.watch.ask import HISTORY, Ask
from bouncelake.watch.books import Books
from bouncelake.watch.finding import Finding, Traffic, Verdict
from bouncelake.watch.incidents import Incident, incidents, standing
from bouncelake.watch.refusing import findings
from bouncelake.watch.stopping import silences, stops
from bouncelake.watch.wording import Words

OTHER = "other"


def check(
    lake: Files, frames: Mapping[str, pl.DataFrame], ask: Ask, zone: ZoneInfo, names: Mapping[str, str]
) -> Verdict:
    """Return what is new, what rose, what stopped and what may come, the most urgent first; reads only.

    `frames` are the tables that come from the rules, `names` maps providers to how people call them.
    """
    books = Books(lake, frames, ask)
    if books.is_empty:
        return Verdict(None, ask.since, (), HISTORY)
    words = Words(names, zone, ask.since)
    refused, answered = books.frame("refused"), books.frame("answered")
    learning = books.windows.learning
    if learning is not None:
        return _verdict(books, findings(books, standing(refused, answered), words))
    found = _really_new(books, incidents(refused, answered, books.frame("known"), ask))
    told = findings(books, found, words)
    return _verdict(books, [*_apart(stops(books, words), told), *told, *silences(books, words)])


def _really_new(books: Books, found: Sequence[Incident]) -> list[Incident]:
    """Return the incidents; one that only the compared past does not know is no news if an older day does."""
    asked = sorted({reason for one in found if one.kind == "new" for reason in one.reasons})
    if not asked:
        return list(found)
    older = set(books.seen_before(asked).select("receiver", "reason").iter_rows())
    return [one.known_from(older) for one in found]


def _apart(stopped: Sequence[Finding], refusing: Sequence[Finding]) -> list[Finding]:
    """Return the stops without those of providers whose refusals are a finding already: that is one trouble."""
    told = {one.scope.get("receiver") for one in refusing if one.share >= 0.5}
    return [one for one in stopped if one.scope.get("receiver") not in told or "host" in one.scope]


def _verdict(books: Books, found: Sequence[Finding]) -> Verdict:
    ranked = sorted(found, key=lambda one: (-one.rank, -one.severity * one.refused, one.since, one.sentence))
    return Verdict(books.windows.until, books.ask.since, ranked, books.windows.learning, _traffic(books))


def _traffic(books: Books) -> list[Traffic]:
    rows = books.frame("providers").select("provider", "answered", "refused").iter_rows()
    return [Traffic(provider or OTHER, answered, refused) for provider, answered, refused in rows]
