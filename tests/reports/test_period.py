"""The grammar of --since and --until, as a table."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouncelake.errors import UsageError
from bouncelake.reports.period import instant, span

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 3, 7, 30, tzinfo=UTC)  # 08:30 in Berlin


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-03T07:30:00"),
        ("today", "2026-11-02T23:00:00"),
        ("TODAY", "2026-11-02T23:00:00"),
        ("yesterday", "2026-11-01T23:00:00"),
        ("1 day ago", "2026-11-01T23:00:00"),
        ("3 days ago", "2026-10-30T23:00:00"),
        ("10 days ago", "2026-10-23T22:00:00"),
        ("7d", "2026-10-27T07:30:00"),
        ("24h", "2026-11-02T07:30:00"),
        ("30m", "2026-11-03T07:00:00"),
        (" 30m ", "2026-11-03T07:00:00"),
        ("2026-11-01", "2026-10-31T23:00:00"),
        ("2026-07-01", "2026-06-30T22:00:00"),
        ("2026-11-01T08:30", "2026-11-01T07:30:00"),
        ("2026-11-01 08:30:15", "2026-11-01T07:30:15"),
        ("2026-11-01T08:30Z", "2026-11-01T08:30:00"),
        ("2026-11-01T08:30+05:00", "2026-11-01T03:30:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30:00"),
        ("@1793520000", "2026-11-01T08:00:00"),
        ("@0", "1970-01-01T00:00:00"),
    ],
)
def test_forms(text: str, expected: str) -> None:
    """Each form names one instant; calendar words follow the report's zone, also in the fold and the gap."""
    assert instant(text, BERLIN, NOW).astimezone(UTC).isoformat() == f"{expected}+00:00"


WRONG = (
    *("", " ", "7", "d", "7w", "-7d", "7 d", "1.5h", "²d", "99999999999d", "x days ago", "last week", "tomorrow"),
    *("0000-01-01", "2026-13-01", "2026-02-29", "2026-11-01T25:00", "@", "@x", "@1e30", "\x1b[31m", "."),
)


@pytest.mark.parametrize("text", WRONG)
def test_other_texts_are_told_the_forms(text: str) -> None:
    """Anything else is a UsageError that lists the forms, never another exception."""
    with pytest.raises(UsageError, match="use one of 2026-11-01"):
        instant(text, BERLIN, NOW)


@pytest.mark.parametrize(("since", "until"), [("0001-01-02", "9999-12-31"), ("@0", "@1"), ("20000d", None)])
def test_extreme_periods_have_a_period_before(since: str, until: str | None) -> None:
    """A period of thousands of years begins at the epoch at the earliest, and so does the one before."""
    period = span(since, until, BERLIN, NEWEST, NOW)
    assert datetime(1970, 1, 1, tzinfo=UTC) <= period.before <= period.since < period.until


@given(st.text(max_size=30))
def test_any_text_is_an_instant_or_a_usage_error(text: str) -> None:
    """No text makes the grammar fail in another way."""
    with suppress(UsageError):
        assert instant(text, BERLIN, NOW).tzinfo is not None


NEWEST = datetime(2026, 10, 1, 12, tzinfo=UTC)


def test_without_options_the_seven_days_up_to_the_newest_event() -> None:
    """The default period ends just after the newest event, so that it is in."""
    period = span(None, None, BERLIN, NEWEST, NOW)
    assert period.until - timedelta(microseconds=1) == NEWEST
    assert period.until - period.since == timedelta(days=7)
    assert period.assumed


def test_lengths_count_back_from_the_end() -> None:
    """`--since 24h` of an old lake is the last day of that lake, not of today."""
    period = span("24h", None, BERLIN, NEWEST, NOW)
    assert period.since == NEWEST + timedelta(microseconds=1) - timedelta(hours=24)
    assert not period.assumed


def test_since_after_the_newest_event_reaches_to_now() -> None:
    """A period that begins after the newest event is empty, not wrong."""
    period = span("today", None, BERLIN, NEWEST, NOW)
    assert (period.until, period.since) == (NOW, datetime(2026, 11, 2, 23, tzinfo=UTC))


def test_empty_lake_ends_now() -> None:
    """Without any event the period ends now."""
    assert span(None, None, BERLIN, None, NOW).until == NOW


def test_the_period_before_has_the_same_length() -> None:
    """The comparison is with as long a time before."""
    period = span("2026-10-01", "2026-10-03", ZoneInfo("UTC"), NEWEST, NOW)
    assert period.before == datetime(2026, 9, 29, tzinfo=UTC)


def test_since_must_come_before_until() -> None:
    """Two options in the wrong order are told."""
    with pytest.raises(UsageError, match="--since 2026-10-03 is not before --until 2026-10-01"):
        span("2026-10-03", "2026-10-01", BERLIN, NEWEST, NOW)
