"""Where windows end, when a host has fallen silent, and the minute at which something began."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouncelake.watch import ask
from bouncelake.watch.onset import onset
from bouncelake.watch.windows import Windows, windows

END = datetime(2026, 6, 30, 7, 0, 5, 250_000, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASK = ask("24h", "28d")
INSTANT = pl.Datetime("us", "UTC")


def hours(ends: Mapping[str, datetime], days: int = 30, every: int = 1) -> pl.DataFrame:
    """Return lines of each host in every so-manieth hour up to its end."""
    rows = [
        {"host": host, "source": f"s-{host}", "hour": int((end - back * HOUR).timestamp()) // 3600, "events": 5,
         "delivered": 3, "first_ts": end - back * HOUR - timedelta(minutes=9), "last_ts": end - back * HOUR}
        for host, end in ends.items()
        for back in range(0, days * 24, every)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"first_ts": INSTANT, "last_ts": INSTANT})


def runs(ends: Mapping[str, tuple[datetime, datetime]]) -> pl.DataFrame:
    """Return one run for each host: when it was read, and its last line."""
    rows = [{"source": f"s-{host}", "ts": read, "last_ts": last} for host, (read, last) in ends.items()]
    return pl.DataFrame(rows, schema={"source": pl.String, "ts": INSTANT, "last_ts": INSTANT})


def silent(found: Windows) -> list[str]:
    """Return the names of the silent hosts."""
    return [one.host for one in found.silent]


def test_hosts_that_end_within_the_hour_end_together() -> None:
    """The window ends with the second of the newest line, and a host that lags has its own."""
    ends = {"a": END, "b": END - timedelta(minutes=50), "c": END - timedelta(hours=5)}
    found = windows(hours(ends), runs({}), ASK)
    assert found.until == datetime(2026, 6, 30, 7, 0, 6, tzinfo=UTC)
    assert found.lagging == [("c", datetime(2026, 6, 30, 2, 0, 6, tzinfo=UTC))]
    assert found.learning is None


def test_a_log_of_one_host_ends_with_its_last_line_not_its_last_event() -> None:
    """Lines without an event move the end of the window, as the account of what was read says."""
    later = END + timedelta(hours=3)
    found = windows(hours({"a": END}), runs({"a": (later, later)}), ASK)
    assert found.until == later.replace(microsecond=0) + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("lag", "read_late", "every", "days", "told"),
    [
        (timedelta(hours=7), timedelta(0), 1, 30, True),
        (timedelta(hours=5), timedelta(0), 1, 30, False),
        (timedelta(hours=20), timedelta(hours=7), 1, 30, False),
        (timedelta(hours=25), timedelta(hours=7), 1, 30, True),
        (timedelta(hours=25), None, 1, 30, True),
        (timedelta(hours=20), None, 1, 30, False),
        (timedelta(hours=30), timedelta(0), 12, 30, False),
        (timedelta(hours=40), timedelta(0), 12, 30, True),
        (timedelta(hours=40), timedelta(0), 1, 9, False),
        (timedelta(hours=40), timedelta(0), 72, 30, False),
    ],
    ids=["live", "live, soon", "nightly", "nightly, late", "unknown, late", "unknown", "rare", "rare, late", "young",
         "not every day"],
)  # fmt: skip
def test_silence_needs_more_than_the_usual_lag(
    lag: timedelta, read_late: timedelta | None, every: int, days: int, *, told: bool
) -> None:
    """A host is silent when it lags more than its pauses and its log's journey ever made it lag."""
    last = END - lag
    own = hours({"b": last}, days, every)
    read = {"b": (last + read_late, last)} if read_late is not None else {}
    found = windows(pl.concat([hours({"a": END}), own]), runs(read), ASK)
    assert silent(found) == ["b"] * told


def test_one_host_alone_is_never_silent() -> None:
    """Without another log nobody knows whether there was nothing to write, or nothing was read."""
    assert silent(windows(hours({"a": END}), runs({"a": (END + timedelta(days=9), END)}), ASK)) == []


def test_a_host_long_gone_has_no_window() -> None:
    """What ended days ago is compared no more."""
    found = windows(hours({"a": END, "b": END - timedelta(days=4)}), runs({}), ASK)
    assert found.hosts["host"].to_list() == ["a"]


def refusals(ages: list[int]) -> list[tuple[int, datetime]]:
    """Return refusals so many seconds before the end, the oldest first."""
    return [(age, END - timedelta(seconds=age)) for age in sorted(ages, reverse=True)]


def test_the_onset_is_the_change_not_the_first_refusal() -> None:
    """Among background noise the beginning is where the refusals become dense."""
    noise = [hour * 3600 for hour in range(20, 180, 16)]
    trouble = list(range(0, 9 * 3600, 240))
    found = onset(refusals([*noise, *trouble]), dict.fromkeys(range(192), 50), usual=0.002)
    assert found == END - timedelta(seconds=trouble[-1])


def test_the_onset_of_something_new_is_its_first_refusal() -> None:
    """Where nothing is usual it is the very first one."""
    found = onset(refusals([100, 5000, 9000]), dict.fromkeys(range(24), 50), usual=0.0)
    assert found == END - timedelta(seconds=9000)


@given(st.lists(st.integers(0, 190 * 3600), min_size=1, max_size=50), st.floats(0, 0.5))
def test_the_onset_is_one_of_the_refusals(ages: list[int], usual: float) -> None:
    """Whatever the times, the beginning is the time of a refusal."""
    rows = refusals(ages)
    assert onset(rows, {0: 10, 30: 5}, usual) in {ts for _, ts in rows}
