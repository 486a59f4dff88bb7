"""The overview with pictures: what it holds on the story, as golden files; how time is cut; how large it gets.

`BOUNCELAKE_GOLDEN=write pytest tests/reports` writes the golden files anew: look at the difference before you keep it.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouncelake.lake import Lake
from bouncelake.render import Style, render
from bouncelake.reports import Desk, Finding, Fold, Heat, Page, Period, Request, Trends, page
from bouncelake.reports.behind import behind, quoted
from bouncelake.reports.steps import steps
from tests.support.story import REMEDIES

GOLDEN = Path(__file__).parent / "golden"
FRAMES = {"remedies": REMEDIES}
NAMES = {"google": "Google (Gmail, Workspace)", "exchange-online": "Microsoft 365 (Exchange Online)"}


def pictured(lake: Lake, **values: str) -> Page:
    """Return the overview with pictures."""
    return page(Desk(lake, FRAMES, Request(values=values)), "overview", NAMES, pictures=True)


def kept(made: bytes, name: str) -> None:
    """Compare with a golden file, or write it."""
    file = GOLDEN / name
    if os.environ.get("BOUNCELAKE_GOLDEN") == "write":
        file.write_bytes(made)
    assert made.decode() == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("form", "ending"), [("html", "html"), ("table", "txt"), ("md", "md")])
def test_dashboard_is_the_golden_one(lake: Lake, form: str, ending: str) -> None:
    """The page on the story, with pictures and as forms without them show it."""
    kept(render(pictured(lake), form, Style(96)), f"dashboard.{ending}")


@pytest.mark.parametrize("name", ["timeline", "calendar", "identities"])
def test_its_reports_are_the_golden_ones(lake: Lake, name: str) -> None:
    """Each of the page's own reports on the story, as a mail shows it."""
    kept(render(page(Desk(lake, FRAMES, Request()), name, NAMES), "table", Style(96)), f"{name}.txt")


def test_pictures_tell_the_same_numbers(lake: Lake) -> None:
    """What a provider's drawing counts in the period is what its caption says, and marks point at numbered findings."""
    blocks = pictured(lake).blocks
    drawn = next(one for one in blocks if isinstance(one, Trends))
    findings = {one.number for one in blocks if isinstance(one, Finding)}
    google = drawn.items[0]
    assert (google.title, google.tone) == ("Google", "bad")
    assert {mark.number for mark in google.marks} <= findings
    assert [0.0 <= mark.place <= 1.0 for mark in google.marks] == [True]
    assert len(google.answered) == len(drawn.steps) == 15
    assert sum(google.refused) == 15
    heat = next(one for one in blocks if isinstance(one, Heat))
    assert sum(heat.counts[heat.labels.index("low ip reputation")]) == 13


def test_folds_name_whose_mail_it_is(lake: Lake) -> None:
    """Behind each provider that refused stand its reasons, and the domains and IPs that it hit."""
    folds = {one.summary: one for one in pictured(lake).blocks if isinstance(one, Fold)}
    assert "Google" in folds
    shown = render(Page("", "", [folds["Google"]], pictured(lake).data), "table", Style(96)).decode()
    for word in ("low ip reputation", "shop.example.org", "192.0.2.10", "gmail.com"):
        assert word in shown


def test_page_stays_small(lake: Lake) -> None:
    """The page of a small lake is far below 150 KB."""
    assert len(render(pictured(lake), "html")) < 60_000


@pytest.mark.parametrize(
    ("length", "grain", "number"),
    [
        (timedelta(hours=6), "hour", 12),
        (timedelta(days=1), "hour", 48),
        (timedelta(days=7), "day", 14),
        (timedelta(days=30), "day", 60),
        (timedelta(days=90), "week", 26),
        (timedelta(days=365), "month", 25),
    ],
)
def test_longer_periods_have_longer_steps(length: timedelta, grain: str, number: int) -> None:
    """A picture has between a dozen and some seventy steps, however long the period is."""
    until = datetime(2026, 11, 23, tzinfo=UTC)
    cut = steps(Period(until - length, until, ZoneInfo("UTC")), None)
    assert (cut.grain, len(cut.keys)) == (grain, number)


@given(st.integers(1, 1000), st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]), st.floats(0, 1))
def test_every_instant_has_its_place(hours: int, zone: str, part: float) -> None:
    """An instant of the period lies in the step that the SQL would put it in, over changes of the clock, too."""
    until = datetime(2026, 11, 3, 7, tzinfo=UTC)
    period = Period(until - timedelta(hours=hours), until, ZoneInfo(zone))
    cut = steps(period, None)
    moment = period.since + (until - period.since) * part * 0.999
    key = cut.keys[min(int(cut.place(moment) * len(cut.keys)), len(cut.keys) - 1)]
    assert key <= moment.astimezone(period.zone).isoformat(" ")


def test_query_behind_a_finding_is_one_word_of_a_shell() -> None:
    """Names from a log cannot leave the quotes of SQL, nor those of the shell."""
    period = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC), ZoneInfo("UTC"))
    row = {"provider": "other", "receiver": "x' OR 1=1 --$(id)", "reason": "r"}
    assert behind(row, period).startswith("bouncelake query 'SELECT ts,")
    assert "recipient_domain = '\"'\"'x'\"'\"''\"'\"' OR 1=1" in behind(row, period)
    assert quoted("`id`") == "'`id`'"
