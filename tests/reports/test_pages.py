"""The pages that people read, as golden text on the story; and when a page tells somebody to act.

`BOUNCELAKE_GOLDEN=write pytest tests/reports` writes the golden files anew: look at the difference before you keep it.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from bouncelake.lake import Lake
from bouncelake.render import Style, render
from bouncelake.reports import Desk, Request, page
from bouncelake.reports.findings import finding
from bouncelake.reports.wording import urgency
from tests.support.story import REMEDIES, at

GOLDEN = Path(__file__).parent / "golden"
FRAMES = {"remedies": REMEDIES}
NAMES = {"google": "Google (Gmail, Workspace)", "exchange-online": "Microsoft 365 (Exchange Online)"}


@pytest.mark.parametrize("name", ["overview", "domains", "ips", "reasons", "replies", "rejects", "quality"])
def test_page_is_the_golden_one(lake: Lake, name: str) -> None:
    """Each report's page on the story, as a mail shows it."""
    file = GOLDEN / f"{name}.txt"
    made = render(page(Desk(lake, FRAMES, Request()), name, NAMES), "table", Style(96))
    if os.environ.get("BOUNCELAKE_GOLDEN") == "write":
        file.write_bytes(made)
    assert made.decode() == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 100])
def test_overview_fits_a_mail(lake: Lake, width: int) -> None:
    """No line of the first page is wider than asked but for a long URL, and the provider table stays a table."""
    made = render(page(Desk(lake, FRAMES, Request()), "overview", NAMES), "table", Style(width)).decode()
    assert max(len(line) for line in made.split("\n") if "://" not in line) <= width
    assert "-- 1 --" not in made


def test_overview_of_an_empty_lake_says_what_to_do(empty: Lake) -> None:
    """The first page of an empty lake names the command that fills it."""
    made = render(page(Desk(empty, FRAMES, Request()), "overview", NAMES), "table").decode()
    assert "bouncelake ingest PATH" in made


def test_nobody_refuses(lake: Lake) -> None:
    """A period without refusals says so in one sentence, with its number."""
    request = Request("2026-11-17T06:00", "2026-11-17T12:00", {"provider": "google"})
    made = render(page(Desk(lake, FRAMES, request), "overview", NAMES), "table").decode()
    assert "Nobody refuses your mail: receivers answered for" in made


def _row(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of a row
    row = {"severity": 5, "recipients": 10, "of_answered": 1000, "category": "ip_reputation", "rule": "r"}
    return row | more


@pytest.mark.parametrize(
    ("row", "label"),
    [
        (_row(), "ACT NOW"),
        (_row(recipients=9), "WATCH"),
        (_row(of_answered=1001), "WATCH"),
        (_row(severity=4), "ACT TODAY"),
        (_row(severity=4, recipients=9), "WATCH"),
        (_row(severity=3, recipients=999), "WATCH"),
        (_row(severity=2, recipients=999), "NOTE"),
        (_row(severity=1, category="unclassified"), "UNKNOWN"),
        (_row(severity=None, category=None), "UNKNOWN"),
    ],
)
def test_nobody_is_told_to_act_for_little(row: dict[str, Any], label: str) -> None:
    """Acting needs ten recipients and one per cent of the provider's mail, however severe the reason."""
    assert urgency(row)[0] == label


def test_forwarded_mail_gets_another_remedy(lake: Lake) -> None:
    """Where most of the refused mail was forwarded, SPF of the sender is not ours to fix."""
    desk = Desk(lake, FRAMES, Request())
    row = next(row for row in desk.run("overview").rows.to_dicts() if row["reason"] == "spf_fail")
    told = dict(finding(row | {"forwarded": row["recipients"]}, desk.period, NAMES).facts)
    assert told["do"].startswith("most of this is forwarded mail: rewrite its sender (SRS)")
    assert dict(finding(row, desk.period, NAMES).facts)["do"] == row["remedy"]


def test_since_is_honest_about_what_came_before(lake: Lake) -> None:
    """A reason that was there in the period before is not called new."""
    desk = Desk(lake, FRAMES, Request())
    row = desk.run("overview").rows.to_dicts()[0]
    new = dict(finding(row, desk.period, NAMES).facts)["since"]
    old = dict(finding(row | {"first_seen": at(10), "before": 4}, desk.period, NAMES).facts)["since"]
    assert new.endswith("new: none in the period before")
    assert old == "Sat 7 Nov 12:00 or earlier, last Mon 16 Nov 12:00; 4 recipients in the period before"
