"""The reports' figures on the story, each worked out by hand in its test."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bouncelake.lake import Lake
from bouncelake.reports import Desk, Request
from tests.support.story import OUR_IP, REMEDIES

FRAMES = {"remedies": REMEDIES}


def rows(lake: Lake, name: str, **options: str) -> list[dict[str, Any]]:
    """Return a report's rows over the story's last seven days, with parameters."""
    since, until = options.pop("since", None), options.pop("until", None)
    return Desk(lake, FRAMES, Request(since, until, options)).run(name).rows.to_dicts()


def test_overview_tells_each_provider_once_per_reason(lake: Lake) -> None:
    """Google: 42 deliveries, 12 + 1 refused for its IP, M1 to two recipients; 3 expired, 7 wait, the rest arrived."""
    google = rows(lake, "overview", provider="google")[0]
    assert google["tried"] == google["answered"] == 42 + 12 + 2 + 1
    assert (google["delivered"], google["waiting"], google["lost"]) == (42 + 3 + 2, 6 + 1, 3)
    assert (google["refused"], google["verdict"], google["gate"], google["others"]) == (15, 13, 2, 0)
    assert google["refused_share"] == pytest.approx(15 / 57, abs=1e-4)
    assert (google["share_before"], google["change"]) == (0.0, google["refused_share"])


def test_overview_ranks_by_severity_and_recipients(lake: Lake) -> None:
    """The IP's bad name, with 13 recipients at severity 5, stands before SPF, with 6 at severity 4."""
    ranked = [(row["receiver"], row["reason"], row["recipients"]) for row in rows(lake, "overview")]
    assert ranked[:3] == [
        ("google", "low_ip_reputation", 13),
        ("exchange-online", "spf_fail", 6),
        ("google", "spf_fail", 2),
    ]


def test_overview_names_cause_and_cure(lake: Lake) -> None:
    """The first finding says since when, who is blamed, from which sender, the reply and the remedy."""
    first = rows(lake, "overview")[0]
    assert f"{first['first_seen']:%d %H:%M}" == "14 12:00"
    assert (first["blamed"], first["blamed_kind"]) == (OUR_IP, "ip")
    assert first["sender_domain"] == "shop.example.org"
    assert first["reply"].startswith("421-4.7.0 [192.0.2.10]")
    assert first["remedy"] == "Stop bulk mail from this IP and find what was sent."
    assert first["absorbed"] == 3


def test_unknown_providers_are_one_row_but_each_domain_is_named(lake: Lake) -> None:
    """Receivers that no rule knows are `other`; the refusal still says which domain it was."""
    other = [row for row in rows(lake, "overview") if row["provider"] == "other"]
    assert {row["receiver"] for row in other} == {"example.net"}
    assert {row["no_answer"] for row in other} == {1}
    assert {row["refused_share"] for row in other} == {None}


def test_shares_below_twenty_are_empty_and_counts_stay(lake: Lake) -> None:
    """A day with ten answers has counts but no percentage."""
    day = next(row for row in rows(lake, "domains", domain="gmail.com") if row["day"] == "2026-11-14")
    assert (day["answered"], day["refused"], day["refused_share"]) == (10, 4, None)


def test_three_rates_have_three_denominators(lake: Lake) -> None:
    """Over the month: pairs refused, replies refused, and pairs lost, each of its own whole."""
    month = rows(lake, "domains", by="month", domain="gmail.com")[0]
    assert (month["answered"], month["refused"], month["spam_related"]) == (57, 15, 15)
    assert (month["attempts"], month["attempts_refused"]) == (42 + 12 + 3 + 2 + 1, 12 + 1 + 1)
    assert (month["ended"], month["lost"]) == (42 + 3 + 2 + 3, 3)
    assert month["throttle_rate"] == pytest.approx(14 / 60, abs=1e-4)
    assert month["lost_share"] == pytest.approx(3 / 50, abs=1e-4)


def test_ip_known_from_refusals_only_has_no_rate(lake: Lake) -> None:
    """The IP that only a reply names has counts and no denominator; mail of unknown IP is its own row with its part."""
    ips = {row["ip"]: row for row in rows(lake, "ips", by="month")}
    assert (ips["192.0.2.99"]["refused"], ips["192.0.2.99"]["answered"], ips["192.0.2.99"]["part"]) == (1, None, None)
    assert ips["192.0.2.99"]["known_from"] == "reply"
    assert ips[OUR_IP]["answered"] == 56 + 27 + 3
    assert ips["unknown"]["answered"] == 14
    assert ips["unknown"]["part"] == pytest.approx(14 / (86 + 14 + 1), abs=1e-4)


def test_reasons_compare_with_the_period_before(lake: Lake) -> None:
    """SPF at Microsoft was refused five times in the week before and six times in this one."""
    spf = next(row for row in rows(lake, "reasons", provider="exchange-online") if row["reason"] == "spf_fail")
    assert (spf["recipients"], spf["before"], spf["answered"]) == (6, 5, 27)
    assert f"{spf['first_seen']:%d}" == "07"


def test_replies_put_unclassified_first_on_request(lake: Lake) -> None:
    """By default the most frequent template leads, with `unclassified` what no rule knows."""
    assert rows(lake, "replies")[0]["reason"] == "low_ip_reputation"
    assert rows(lake, "replies", unclassified="true")[0]["category"] == "unclassified"


def test_rejects_set_submitters_apart(lake: Lake) -> None:
    """Our own account stands before strangers, and failed logins do not make a submitter."""
    told = [(row["who"], row["rejections"]) for row in rows(lake, "rejects")]
    assert told == [("submitter", 1), ("stranger", 7)]


def test_quality_accounts_for_every_line(lake: Lake) -> None:
    """The four kinds of lines add up, and what is in no rate is counted beside."""
    data = rows(lake, "quality")[0]
    assert data["lines"] == data["events"] + data["context"] + data["foreign_lines"] + data["refused_lines"]
    aside = ("greylisted", "handed_over", "backscatter", "rejected", "unlinked", "unclassified")
    assert [data[name] for name in aside] == [1, 1, 1, 8, 0, 1]


def test_until_is_exclusive_and_shows_the_lake_as_it_was(lake: Lake) -> None:
    """Before anything expired, the messages that later expired still wait."""
    google = rows(lake, "overview", provider="google", since="2026-11-14", until="2026-11-15")[0]
    assert google["lost"] == 0
    assert google["waiting"] > 0


@pytest.mark.parametrize("name", ["overview", "domains", "ips", "reasons", "replies", "rejects"])
def test_empty_lake_gives_no_rows(empty: Lake, name: str) -> None:
    """A report over an empty lake is empty, not an error."""
    assert rows(empty, name) == []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("domains", {"top": "1"}),
        ("ips", {"ip": OUR_IP}),
        ("replies", {"top": "3"}),
        ("reasons", {"sender_domain": "nowhere.example"}),
        ("overview", {"domain": "gmail.com"}),
        ("rejects", {"ip": "198.51.100.66"}),
    ],
)
def test_parameters_narrow(lake: Lake, name: str, options: dict[str, str]) -> None:
    """Each parameter gives fewer rows than none."""
    assert len(rows(lake, name, **options)) < len(rows(lake, name))


def test_day_buckets_follow_the_reports_zone(lake: Lake) -> None:
    """The same instant is another day in another zone."""
    request = Request(values={"domain": "gmail.com"}, zone=ZoneInfo("Pacific/Kiritimati"))
    days = Desk(lake, FRAMES, request).run("domains").rows["day"].to_list()
    assert max(days) == "2026-11-18"
