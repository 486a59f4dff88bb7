"""What counts as stopped: compared with the same hours, with the rest of the mail, and only where logs are whole."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from bouncelake.watch import Ask
from bouncelake.watch.stopped import Stop, stopped

END = datetime(2026, 6, 30, 7, tzinfo=UTC)
Volume = Callable[[int], int]


def steady(_: int) -> int:
    """Return the same for every hour."""
    return 20


def delivered(receivers: dict[str, Volume], hosts: tuple[str, ...] = ("a",), days: int = 29) -> pl.DataFrame:
    """Return deliveries by hour of age; each receiver's volume is a function of the age."""
    rows = [
        {"hour": hour, "receiver": receiver, "host": host, "delivered": volume(hour), "newest": hour * 3600 + 60,
         "last_ts": END - timedelta(hours=hour, minutes=1)}
        for receiver, volume in receivers.items()
        for host in hosts
        for hour in range(days * 24)
        if volume(hour)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"hour": pl.Int32, "last_ts": pl.Datetime("us", "UTC")})


def lines(*hosts: str, first: int = 0) -> pl.DataFrame:
    """Return that the hosts wrote in every hour of age from `first` on."""
    rows = [{"host": host, "hour": hour} for host in hosts for hour in range(first, 29 * 24)]
    return pl.DataFrame(rows, schema_overrides={"hour": pl.Int32})


def ended(hours: int, volume: int = 20) -> Volume:
    """Return a volume that ended so many hours before the end."""
    return lambda hour: 0 if hour < hours else volume


def night(hour: int) -> int:
    """Return a volume of working hours only."""
    return 20 if 9 <= (7 - hour) % 24 < 17 else 0


def weekdays(hour: int) -> int:
    """Return a volume without weekends; the last day is a Tuesday."""
    return 0 if (1 - hour // 24) % 7 in {5, 6} else 20


@pytest.mark.parametrize(
    ("google", "found"),
    [
        (steady, False),
        (ended(5), True),
        (ended(1), False),
        (ended(24), True),
        (ended(200), False),
        (ended(5, volume=1), False),
        (night, False),
        (weekdays, False),
    ],
    ids=["goes on", "5 h", "1 h", "all day", "long ago", "seldom", "at night", "weekend"],
)
def test_a_provider_stops(google: Volume, *, found: bool) -> None:
    """Only where mail always went there in these hours, and the rest of the mail goes on."""
    stops = stopped(delivered({"google": google, "yahoo": steady, "gmx": steady}), lines("a"), Ask())
    assert [stop.receiver for stop in stops] == ["google"] * found


def test_a_quiet_holiday_stops_nobody() -> None:
    """Where all mail has nearly ended, a provider without any is no surprise."""

    def holiday(hour: int) -> int:
        return 1 if hour < 24 else 20

    stops = stopped(delivered({"google": ended(24, 2), "yahoo": holiday, "gmx": holiday}), lines("a"), Ask())
    assert stops == []


def test_all_of_a_host_is_one_stop() -> None:
    """A host that delivers nothing at all is told once, not once for each provider."""
    frame = delivered({"google": ended(6), "yahoo": ended(6), "gmx": ended(6)})
    assert stopped(frame, lines("a"), Ask()) == [
        Stop(since=END - timedelta(hours=6, minutes=1), hours=6, usual=360, fewest=360, host="a")
    ]


def test_two_hosts_that_stop_together_are_one_stop() -> None:
    """One finding for what is most likely one cause."""
    frame = delivered({"google": ended(6)}, hosts=("a", "b"))
    assert [stop.host for stop in stopped(frame, lines("a", "b"), Ask())] == ["a, b"]


@pytest.mark.parametrize("hosts", [("a",), ("a", "b")])
def test_nothing_stops_in_an_incomplete_log(hosts: tuple[str, ...]) -> None:
    """Without lines in these hours nobody knows."""
    frame = delivered({"google": ended(6), "yahoo": ended(6)}, hosts)
    assert stopped(frame, lines(*hosts, first=6), Ask()) == []


def test_no_deliveries_at_all() -> None:
    """An empty frame has no stops."""
    assert stopped(delivered({"google": steady}).clear(), lines("a"), Ask()) == []
