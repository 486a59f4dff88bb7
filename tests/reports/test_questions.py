"""The reports on one kind of trouble each: golden pages on the incidents, and figures worked out by hand.

`BOUNCELAKE_GOLDEN=write pytest tests/reports` writes the golden files anew: look at the difference before you keep it.
"""

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from bouncelake.lake import Lake
from bouncelake.render import Style, render
from bouncelake.reports import Desk, Request, catalog, page
from bouncelake.reports.rows import load
from bouncelake.sandbox import trusted
from tests.support import incidents
from tests.support.story import OUR_IP, REMEDIES

GOLDEN = Path(__file__).parent / "golden" / "incidents"
FRAMES = {"remedies": REMEDIES}
NAMES = {"google": "Google (Gmail, Workspace)", "exchange-online": "Microsoft 365 (Exchange Online)"}
ASKED = ("authentication", "backscatter", "compare", "delays", "domains", "greylisting", "hygiene", "ips", "lists",
         "novelty", "outcomes", "overview", "providers", "quality", "rates", "reasons", "rejects", "replies",
         "senders")  # fmt: skip


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return the lake of the incidents; nobody writes into it."""
    return incidents.build(tmp_path_factory.mktemp("lakes") / "incidents")


def rows(lake: Lake, name: str, **options: str) -> list[dict[str, Any]]:
    """Return a report's rows over the last seven days, with parameters."""
    return Desk(lake, FRAMES, Request(values=options)).run(name).rows.to_dicts()


@pytest.mark.parametrize("name", ASKED)
def test_page_is_the_golden_one(troubled: Lake, name: str) -> None:
    """Each report's page on the incidents, as a mail shows it."""
    file = GOLDEN / f"{name}.txt"
    made = render(page(Desk(troubled, FRAMES, Request()), name, NAMES), "table", Style(96))
    if os.environ.get("BOUNCELAKE_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(made)
    assert made.decode() == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [one.name for one in catalog().values() if one.rows])
@pytest.mark.parametrize("values", [{}, {"provider": "google"}, {"ip": OUR_IP}, {"domain": "example.com"}])
def test_fewer_rows_give_the_same_answer(
    troubled: Lake, name: str, values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a report is given beforehand as counts changes no figure of it: all rows give the same answer."""
    desk = Desk(troubled, FRAMES, Request(values=values))
    few = desk.run(name).rows
    whole = Desk(troubled, FRAMES, Request(values=values))
    con = trusted(troubled, FRAMES)
    monkeypatch.setattr(whole, "_opened", lambda *_: con)
    assert_frame_equal(few, whole.run(name).rows)


@pytest.mark.parametrize("by", ["hour", "day", "week", "month"])
def test_plain_mail_is_counted_in_every_grain(troubled: Lake, by: str) -> None:
    """The answered of a trend add up to the whole however long its rows are, but for recipients in two rows."""
    google, since = {"provider": "google"}, "2026-11-01"
    told = Desk(troubled, FRAMES, Request(since, None, {**google, "by": by})).run("providers").rows
    one = Desk(troubled, FRAMES, Request(since, None, google)).run("compare").rows
    whole = one.filter(pl.col("kind") == "all")["answered"].item()
    assert whole <= told["answered"].sum() <= whole + 20


def test_most_mail_is_plain(troubled: Lake) -> None:
    """A report on trends reads fewer events than there are, and the counts make up for them."""
    report = catalog()["domains"]
    desk = Desk(troubled, FRAMES, Request("2026-11-01"))
    given = load(report, troubled.files("events"), desk.period, {})
    everything = troubled.scan("events").collect().height
    assert given.events.height + given.plain["plain"].sum() == everything
    assert given.plain["plain"].sum() > everything / 3


def test_rates_name_the_senders_of_the_hour(troubled: Lake) -> None:
    """Nine of 24 replies were throttled in the worse hour; the account that sent most stands first."""
    worst = max(rows(troubled, "rates"), key=lambda row: row["throttled"])
    assert (worst["receiver"], worst["throttled"], worst["attempts"]) == ("google", 9, 24)
    assert worst["senders"].startswith("bulk (18), anna (6)")


def test_lists_say_who_where_and_since_when(troubled: Lake) -> None:
    """One list holds our IP, known from the reply, at one receiver."""
    (listed,) = rows(troubled, "lists")
    assert (listed["list"], listed["listed"], listed["listed_kind"]) == ("spamhaus-zen", OUR_IP, "ip")
    assert (listed["receivers"], listed["recipients"], listed["before"]) == ("example.net", 5, 0)


def test_hygiene_asks_for_two_days_and_no_delivery(troubled: Lake) -> None:
    """The dead address is named; the one that got mail since is not, and what an outage may explain is withheld."""
    told = {row["recipient"]: row["verdict"] for row in rows(troubled, "hygiene")}
    assert told == {"gone@example.net": "suppress", "p0@example.com": "withheld", "p1@example.com": "withheld"}


def test_authentication_tells_warnings_from_refusals(troubled: Lake) -> None:
    """SPF of the shop is refused and, by 4xx, announced; that of the forwarded domain is the forwarding's fault."""
    told = {row["identity"]: row for row in rows(troubled, "authentication")}
    assert told["shop.example.org"]["warned"] > 0
    assert told["else.example"]["forwarded"] == told["else.example"]["recipients"] == 4
    assert "SRS" in told["else.example"]["remedy"]


def test_greylisting_is_told_by_words_and_by_behaviour(troubled: Lake) -> None:
    """Four and the story's one say so, two behave so; one 4xx without delivery is none."""
    (told,) = (row for row in rows(troubled, "greylisting") if row["receiver"] == "example.net")
    assert (told["told"], told["behaved"], told["delivered"]) == (5, 2, 7)


def test_outcomes_follow_deferred_mail_to_its_end(troubled: Lake) -> None:
    """All throttled mail arrived three hours later; of the mail with a bad name some expired and some waits."""
    told = {row["reason"]: row for row in rows(troubled, "outcomes") if row["receiver"] == "google"}
    throttled = told["unsolicited_rate_ip"]
    assert (throttled["deferred"], throttled["delivered"], throttled["median_wait"]) == (13, 13, 180.0)
    assert (told["low_ip_reputation"]["expired"], told["low_ip_reputation"]["waiting"]) == (3, 7)


def test_backscatter_and_forwarded_mail_stand_apart(troubled: Lake) -> None:
    """Four forwarded messages of eight were refused; five bounces of our own were."""
    told = {(row["kind"], row["receiver"]): row for row in rows(troubled, "backscatter")}
    assert (told["forwarded", "google"]["refused"], told["forwarded", "google"]["answered"]) == (4, 8)
    assert sum(row["refused"] for (kind, _), row in told.items() if kind == "backscatter") == 5


def test_novelty_looks_further_back_than_the_period_before(troubled: Lake) -> None:
    """What came in the fourteen days of the story's first week is not new on its last day."""
    new = {row["reason"] for row in Desk(troubled, FRAMES, Request("1d")).run("novelty").rows.to_dicts()}
    assert "spf_fail" not in {row["reason"] for row in rows(troubled, "novelty") if row["receiver"] == "exchange-online"
                              and row["what"] == "reason" and row["stage"] == "eod"}  # fmt: skip
    assert "low_ip_reputation" not in new


def test_senders_are_told_by_every_identity(troubled: Lake) -> None:
    """Domains, accounts, local users and scripts each have their rows."""
    told = {(row["kind"], row["sender"]): row for row in rows(troubled, "senders")}
    assert told["account", "bulk"]["refused"] == 9
    assert told["script", "/srv/www/shop"]["refused"] == told["user", "www"]["refused"] == 5


def test_quality_sees_silence_and_a_clock_that_jumps(troubled: Lake) -> None:
    """Hours without a line are counted, and a line with a place far behind its time."""
    data = rows(troubled, "quality")[0]
    assert data["silent_hours"] > 0
    assert data["clock_jumps"] >= 1


def test_compare_calls_hardly_chance_what_is_hardly_chance(troubled: Lake) -> None:
    """Google's refusals rose from nothing to a quarter: up; a share without a denominator has no trend."""
    told = {(row["kind"], row["name"]): row for row in rows(troubled, "compare")}
    assert told["provider", "google"]["trend"] == "up"
    assert told["provider", "google"]["errors"] > 3
    assert {row["trend"] for row in told.values() if row["answered"] < 20} <= {None}
