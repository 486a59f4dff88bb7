"""Years that no line says, zones, and the hours that daylight saving repeats or drops."""

import io
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from bouncelake.errors import UsageError
from bouncelake.framing import Clock, Framed, Framer, informed

Frame = Callable[..., Framed]


def stamped(*stamps: str) -> list[str]:
    """Return a line for each stamp."""
    return [f"{stamp} mx1 postfix/smtp[1]: x" for stamp in stamps]


def times(found: Framed) -> list[str]:
    """Return the records' times as text."""
    return found.records["ts"].dt.strftime("%Y-%m-%d %H:%M").to_list()


YEARS: dict[str, tuple[list[str], dict[str, str | int], list[str]]] = {
    "this year": (["Mar  9 04:05:06"], {}, ["2026-03-09"]),
    "last year": (["Mar 25 04:05:06"], {}, ["2025-03-25"]),
    "clock a little fast": (["Mar 20 23:00:00"], {}, ["2026-03-20"]),
    "old file": (["Mar  9 04:05:06"], {"modified": "2021-04-01"}, ["2021-03-09"]),
    "file from the future": (["Mar  9 04:05:06"], {"modified": "2031-04-01"}, ["2026-03-09"]),
    "over New Year": (["Dec 31 23:59:59", "Jan  1 00:00:00"], {}, ["2025-12-31", "2026-01-01"]),
    "back over New Year": (
        ["Jan  1 00:00:01", "Dec 31 23:59:59", "Jan  1 00:00:02"],
        {},
        ["2026-01-01", "2025-12-31", "2026-01-01"],
    ),
    "two New Years": (
        ["Dec 31 10:00:00", "Jun  1 00:00:00", "Dec  1 00:00:00", "Jan  2 00:00:00"],
        {"year": 2023},
        ["2023-12-31", "2024-06-01", "2024-12-01", "2025-01-02"],
    ),
    "year given": (["Dec 31 23:59:59", "Jan  1 00:00:00"], {"year": 2019}, ["2019-12-31", "2020-01-01"]),
    "leap day": (
        ["Feb 28 23:59:59", "Feb 29 12:00:00", "Mar  1 00:00:00"],
        {"year": 2024},
        ["2024-02-28", "2024-02-29", "2024-03-01"],
    ),
    "leap day first": (["Feb 29 12:00:00"], {}, ["2024-02-29"]),
    "no leap year": (["Feb 28 23:59:59", "Mar  1 00:00:00"], {"year": 2025}, ["2025-02-28", "2025-03-01"]),
    "goes on": (["Jan  2 00:00:00"], {"after": "2023-12-30"}, ["2024-01-02"]),
    "goes on backwards": (["Dec 31 00:00:00"], {"after": "2024-01-01"}, ["2023-12-31"]),
    "goes on, year ignored": (["Jan  2 00:00:00"], {"after": "2023-12-30", "year": 2019}, ["2024-01-02"]),
    "after a line with year": (
        ["2021-12-31T00:00:00Z", "Jan  1 00:00:00", "Jan  2 00:00:00"],
        {},
        ["2021-12-31", "2022-01-01", "2022-01-02"],
    ),
    "before a line with year": (
        ["Mar  1 00:00:00", "2022-03-02T00:00:00Z", "Mar  3 00:00:00"],
        {},
        ["2026-03-01", "2022-03-02", "2022-03-03"],
    ),
}


@pytest.mark.parametrize("name", YEARS)
def test_year(framed: Frame, name: str) -> None:
    """The year comes from the user, the run before, lines that say it, else the file's time, and goes on by order."""
    stamps, given, days = YEARS[name]
    assert [time[:10] for time in times(framed(stamped(*stamps), **given))] == days
    one_by_one = framed(stamped(*stamps), cuts=range(1, len(stamps)), **given)
    assert [time[:10] for time in times(one_by_one)] == days


def test_first_line_dates_the_source_unwanted_or_not(framed: Frame) -> None:
    """`--year` is the year of the first line, even when that line is another program's."""
    lines = ["Dec 31 23:59:59 mx1 cron[1]: y", *stamped("Jan  1 00:00:00")]
    for cuts in ([], [1]):
        found = framed(lines, cuts=cuts, hint="postfix", year=2019)
        assert times(found) == ["2020-01-01 00:00"]


def test_leap_day_in_no_leap_year(framed: Frame) -> None:
    """29 February of a year that has none is refused, and the lines around it stay."""
    found = framed(stamped("Feb 28 00:00:00", "Feb 29 00:00:00", "Mar  1 00:00:00"), year=2025)
    assert times(found) == ["2025-02-28 00:00", "2025-03-01 00:00"]
    assert found.refused["reason"].to_list() == ["implausible_time"]


ZONES = {
    "winter": (["Jan  9 04:00:00"], ["03:00"]),
    "summer": (["Jul  9 04:00:00"], ["02:00"]),
    "fold in order": (
        [
            "Oct 26 01:59:00",
            "Oct 26 02:00:00",
            "Oct 26 02:59:00",
            "Oct 26 02:00:00",
            "Oct 26 02:59:00",
            "Oct 26 03:00:00",
        ],
        ["23:59", "00:00", "00:59", "01:00", "01:59", "02:00"],
    ),
    "late line after the fold": (["Oct 26 03:00:00", "Oct 26 02:59:59"], ["02:00", "01:59"]),
    "lines swapped inside the fold": (
        ["Oct 26 02:10:00", "Oct 26 02:09:59", "Oct 26 02:20:00"],
        ["00:10", "00:09", "00:20"],
    ),
    "nothing tells": (["Oct 26 02:10:00"], ["00:10"]),
    "gap": (["Mar 30 01:59:00", "Mar 30 02:30:00", "Mar 30 03:00:00"], ["00:59", "01:30", "01:00"]),
    "both changes in one file": (
        ["Mar 30 01:00:00", "Oct 26 02:30:00", "Oct 26 02:00:00", "Nov  1 00:00:00"],
        ["00:00", "00:30", "01:00", "23:00"],
    ),
}


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("style", ["month", "iso"])
def test_zone(framed: Frame, name: str, style: str) -> None:
    """Local time is read in the zone; the repeated hour by the order of lines, the lost hour as before the change."""
    stamps, expected = ZONES[name]
    if style == "iso":
        stamps = [datetime.strptime(f"2025 {s}", "%Y %b %d %H:%M:%S").isoformat() for s in stamps]  # noqa: DTZ007
    for cuts in (range(0), range(1, len(stamps))):
        found = framed(stamped(*stamps), cuts=cuts, zone="Europe/Berlin", year=2025)
        assert [time[11:] for time in times(found)] == expected


@pytest.mark.parametrize(("after", "expected"), [("2025-10-26 00:30", "00:40"), ("2025-10-26 01:30", "01:40")])
def test_fold_goes_on(framed: Frame, after: str, expected: str) -> None:
    """A run that starts inside the repeated hour knows from the last one which pass it is."""
    assert times(framed(stamped("Oct 26 02:40:00"), zone="Europe/Berlin", after=after))[0][11:] == expected


@pytest.mark.parametrize(
    "zone", ["Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata", "America/New_York"]
)
def test_every_half_hour_has_an_instant(framed: Frame, zone: str) -> None:
    """No local time is lost in any zone, and time in order never runs back by more than the gap."""
    start = datetime(2011, 1, 1)  # noqa: DTZ001  # local time
    stamps = [(start + timedelta(minutes=30 * i)).strftime("%b %e %H:%M:%S") for i in range(365 * 48)]
    found = framed(stamped(*stamps), zone=zone, year=2011)
    assert found.records.height == len(stamps)
    assert found.records["ts"].diff().min() >= timedelta(hours=-23, minutes=-30)  # type: ignore[operator]


def test_unknown_zone() -> None:
    """A zone without a name is a usage error: lines could not be read in it."""
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    nameless = ZoneInfo.from_file(io.BytesIO(b"TZif" + bytes(16) + counts + bytes(6) + b"UTC\0"))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(UsageError, match="unknown time zone"):
        Framer("x", Clock(nameless, None, now, now))


LONG_ID = "4jYKCs5pBSz12S"  # made on 2026-11-23
HINTS = {
    "long id": [f"Nov 23 21:42:17 mx1 postfix/smtpd[1]: {LONG_ID}: client=unknown[192.0.2.1]"],
    "Message-ID": [
        "Nov 23 21:42:17 mx1 postfix/cleanup[1]: 6A953A7B: message-id=<20261123214217.6A953A7B@mx1.example.org>"
    ],
    "later line": [
        "Nov 22 00:00:00 mx1 cron[1]: x",
        f"Nov 23 21:42:17 mx1 postfix/pickup[1]: {LONG_ID}: uid=0 from=<root>",
    ],
    "over New Year": [
        "Dec 31 23:00:00 mx1 cron[1]: x",
        "Jan  1 00:00:01 mx1 postfix/cleanup[1]: A1: message-id=<20270101000001.A1@x>",
    ],
}


@pytest.mark.parametrize("name", HINTS)
def test_ids_tell_the_year(name: str) -> None:
    """An id that Postfix made tells the year of the first line, years after the file was touched."""
    now = datetime(2031, 5, 1, tzinfo=UTC)
    head = pl.DataFrame({"offset": range(len(HINTS[name])), "line": HINTS[name]})
    assert informed(Clock(ZoneInfo("UTC"), None, now, now), head).year == 2026


@pytest.mark.parametrize(
    "line",
    [
        "Nov 23 21:42:17 mx1 postfix/cleanup[1]: 6A953A7B: message-id=<20261123214217.OTHER1@mx1.example.org>",
        "Nov 23 21:42:17 mx1 postfix/cleanup[1]: 6A953A7B: message-id=<99999999999999.6A953A7B@mx1.example.org>",
        "Mar 23 21:42:17 mx1 postfix/cleanup[1]: 6A953A7B: message-id=<20261123214217.6A953A7B@mx1.example.org>",
        f"Nov 23 21:42:17 mx1 postfix/smtp[1]: {LONG_ID}: to=<u@example.com>",
        "Foo 99 21:42:17 mx1 postfix/smtpd[1]: 4jYKCs5pBSz12S: client=x",
    ],
)
def test_ids_that_tell_nothing(line: str) -> None:
    """Another host's Message-ID, an impossible or distant one, or a line much later than its id is no hint."""
    now = datetime(2031, 5, 1, tzinfo=UTC)
    head = pl.DataFrame({"offset": [0], "line": [line]})
    assert informed(Clock(ZoneInfo("UTC"), None, now, now), head).year is None


def test_known_year_stands() -> None:
    """What the user or an earlier run says is not overruled by a hint."""
    now = datetime(2031, 5, 1, tzinfo=UTC)
    head = pl.DataFrame({"offset": [0], "line": HINTS["long id"]})
    assert informed(Clock(ZoneInfo("UTC"), 2019, now, now), head).year == 2019
    assert informed(Clock(ZoneInfo("UTC"), None, now, now, now), head).year is None
