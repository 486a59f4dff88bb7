"""The grammar of `--since` and `--until`, and the span of time that a report covers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bouncelake.errors import UsageError

FORMS = "2026-11-01, 2026-11-01T08:30, today, yesterday, now, 7d, 24h, 30m, 3 days ago, @1793520000"
UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
WEEK = timedelta(days=7)
INSTANT = timedelta(microseconds=1)
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """The instants `since <= ts < until`, and the zone whose days count; `assumed` when nobody asked for them."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    assumed: bool = False

    @property
    def before(self) -> datetime:
        """Return where the period of the same length before this one begins, or where time begins."""
        length = self.until - self.since
        return EPOCH if length > self.since - EPOCH else self.since - length

    def reaching(self, days: int) -> datetime:
        """Return the first instant to look at: where the period before begins, or so many days before this one.

        >>> week = Period(datetime(2026, 11, 8, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC), ZoneInfo("UTC"))
        >>> week.reaching(0).day, week.reaching(8).isoformat()
        (1, '2026-10-31T00:00:00+00:00')
        """
        length = timedelta(days=days)
        return min(self.before, EPOCH if length > self.since - EPOCH else self.since - length)

    def local(self, moment: datetime) -> str:
        """Return an instant as people read it, in the period's zone.

        >>> Period(datetime.min, datetime.max, ZoneInfo("Europe/Berlin")).local(datetime(2026, 11, 3, 8, tzinfo=UTC))
        'Tue 3 Nov 09:00'
        """
        here = moment.astimezone(self.zone)
        return f"{here:%a} {here.day} {here:%b %H:%M}"


def instant(text: str, zone: ZoneInfo, now: datetime, end: datetime | None = None) -> datetime:
    """Return the instant that a text of the grammar names; lengths such as `7d` count back from `end`, else from now.

    >>> instant("yesterday", ZoneInfo("UTC"), datetime(2026, 11, 3, 8, tzinfo=UTC)).isoformat()
    '2026-11-02T00:00:00+00:00'
    """
    word = text.strip()
    try:
        moment = _named(word, zone, now) or _length(word, end or now) or _epoch(word) or _iso(word, zone)
        return max(moment.astimezone(UTC), EPOCH)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"`{text}` is no time: use one of {FORMS}") from None


def span(since: str | None, until: str | None, zone: ZoneInfo, newest: datetime | None, now: datetime) -> Period:
    """Return the period that two options name; without them, the 7 days that end with the lake's newest event."""
    newest_end = now if newest is None else newest + INSTANT
    end = instant(until, zone, now) if until is not None else newest_end
    start = instant(since, zone, now, end) if since is not None else end - WEEK
    if start >= end and until is None:
        end = max(now, start + INSTANT)
    if start >= end:
        raise UsageError(f"--since {since or start} is not before --until {until or end}: no time lies between them")
    return Period(start, end, zone, since is None and until is None)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _named(word: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    today = now.astimezone(zone).date()
    words = word.lower().split()
    if words == ["now"]:
        return now
    if words in (["today"], ["yesterday"]):
        return _midnight(today - timedelta(days=words == ["yesterday"]), zone)
    if len(words) == 3 and words[0].isdecimal() and words[1] in {"day", "days"} and words[2] == "ago":
        return _midnight(today - timedelta(days=int(words[0])), zone)
    return None


def _length(word: str, end: datetime) -> datetime | None:
    unit = UNITS.get(word[-1:].lower())
    return end - int(word[:-1]) * unit if unit and word[:-1].isdecimal() else None


def _epoch(word: str) -> datetime | None:
    return datetime.fromtimestamp(float(word[1:]), UTC) if word.startswith("@") else None


def _iso(word: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(word)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
