"""Planted troubles are found in the first run after they begin, each once; quiet months stay quiet."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl
import pytest

from bouncelake.watch import Ask
from bouncelake.watch.cells import Cell
from bouncelake.watch.chance import Day
from bouncelake.watch.growing import growing
from bouncelake.watch.incidents import Incident, incidents
from tests.support import months
from tests.support.months import Answers, Reason, plant

DAYS = 31
SINCE = months.START + timedelta(days=DAYS - 2, hours=9, minutes=14)
END = months.START + timedelta(days=DAYS - 1, hours=7)
GOOGLE, FIRST_IP = {"receiver": "google"}, {"ip": "192.0.2.10"}


@pytest.fixture(scope="module")
def quiet() -> pl.DataFrame:
    """Return a month without trouble."""
    return months.months(DAYS, seed=1)


PLANTS = [
    ("new", months.REPUTATION, 0.5, {"provider": "google", "ip": "192.0.2.10"}, GOOGLE | FIRST_IP),
    ("new", months.REPUTATION, 0.9, {"provider": "apple"}, {"receiver": "apple"}),
    ("new", months.DMARC, 0.3, {"sender": "news.example.org"}, {"sender": "news.example.org"}),
    ("new", months.LISTED, 0.3, {"ip": "192.0.2.20"}, {"ip": "192.0.2.20"}),
    ("new", months.SPF_WARNING, 0.08, {"provider": "google"}, GOOGLE),
    ("rose", months.UNKNOWN_USER, 0.12, {"provider": "google"}, GOOGLE),
    ("rose", months.CONTENT, 0.06, {}, {}),
    ("warning", months.RATE, 0.4, {"provider": "yahoo"}, {"receiver": "yahoo"}),
]


@pytest.mark.parametrize(("kind", "reason", "share", "where", "scope"), PLANTS)
def test_planted_troubles_are_found_and_told_once(
    quiet: pl.DataFrame,
    kind: str,
    reason: Reason,
    share: float,
    where: Mapping[str, str],
    scope: Mapping[str, str],
) -> None:
    """Each is one incident with the scope that tells most, and nothing else is found."""
    found = Answers(plant(quiet, reason, SINCE, share, None, **where), END).incidents
    assert [(one.kind, dict(one.scope), one.reasons) for one in found] == [(kind, scope, (reason.name,))]


def test_one_domain_of_a_provider_is_told_as_the_domain(quiet: pl.DataFrame) -> None:
    """Where one recipient domain of several at a provider refuses, that domain is named."""
    moved = pl.when(pl.col("provider").eq("google") & (pl.col("number") % 4 == 0)).then(pl.lit("example.edu"))
    rows = quiet.with_columns(domain=moved.otherwise("domain"))
    found = Answers(plant(rows, months.UNKNOWN_USER, SINCE, 0.6, domain="example.edu"), END).incidents
    assert [dict(one.scope) for one in found] == [{"domain": "example.edu"}]


def test_two_troubles_of_one_reason_are_two_incidents(quiet: pl.DataFrame) -> None:
    """What the first does not explain is told apart."""
    rows = plant(quiet, months.DMARC, SINCE, 0.6, provider="google")
    found = Answers(plant(rows, months.DMARC, SINCE, 0.6, provider="gmx"), END).incidents
    assert sorted(one.scope["receiver"] for one in found) == ["gmx", "google"]


@pytest.mark.parametrize(("where", "scope"), [({}, {}), ({"ip": "192.0.2.20"}, {"ip": "192.0.2.20"})])
def test_a_trouble_at_many_receivers_is_one_incident(
    quiet: pl.DataFrame, where: dict[str, str], scope: dict[str, str]
) -> None:
    """A listing that a dozen small receivers look up is told once: of the IP, or of all mail."""
    rows = quiet
    for number in range(12):
        rows = plant(rows, months.LISTED, SINCE, 0.9, None, domain=f"d{number}.example.net", **where)
    assert [dict(one.scope) for one in Answers(rows, END).incidents] == [scope]


def test_reasons_of_one_category_are_one_incident(quiet: pl.DataFrame) -> None:
    """A provider that calls the same trouble by two names is told once, with both."""
    rows = plant(quiet, months.REPUTATION, SINCE, 0.3, provider="google")
    found = Answers(plant(rows, months.LISTED, SINCE, 0.3, provider="google"), END).incidents
    assert [set(one.reasons) for one in found] == [{"low_ip_reputation", "dnsbl_listed"}]


def test_a_bad_past_hides_nothing(quiet: pl.DataFrame) -> None:
    """A week in which half was refused for the same reason does not become the usual."""
    start = months.START + timedelta(days=8)
    past = plant(quiet, months.UNKNOWN_USER, start, 0.5, until=start + timedelta(days=7), provider="google")
    assert not Answers(past, END).incidents
    found = Answers(plant(past, months.UNKNOWN_USER, SINCE, 0.2, provider="google"), END).incidents
    assert [one.scope["receiver"] for one in found] == ["google"]


def test_what_happens_every_tuesday_is_no_news(quiet: pl.DataFrame) -> None:
    """A newsletter that hits unknown users on one weekday is usual on that day, and only there."""
    rows = quiet
    for back in (0, 7, 14, 21, 28):
        start = months.START + timedelta(days=DAYS - 2 - back)
        rows = plant(rows, months.UNKNOWN_USER, start, 0.15, until=start + timedelta(days=1), provider="google")
    assert not Answers(rows, END).incidents
    wednesday = plant(rows, months.UNKNOWN_USER, SINCE + timedelta(days=1), 0.4, provider="google")
    found = Answers(wednesday, END + timedelta(days=1)).incidents
    assert [one.scope for one in found] == [GOOGLE]


def test_a_trouble_is_still_found_while_it_lasts(quiet: pl.DataFrame) -> None:
    """Its own first days are not taken for usual."""
    rows = plant(quiet, months.UNKNOWN_USER, SINCE - timedelta(days=5), 0.2, provider="google")
    assert [one.kind for one in Answers(rows, END).incidents] == ["rose"]


def test_a_known_reason_at_a_new_stage_is_new(quiet: pl.DataFrame) -> None:
    """Where the reason alone would not stand out, the stage that was never seen does."""
    rows = quiet.with_columns(odd=pl.lit(value=False))
    moved = plant(rows, months.UNKNOWN_USER, SINCE, 0.035, provider="google")
    answers = Answers(moved, END)
    refused = answers.frame("refused").with_columns(
        stage=pl.when((pl.col("slot") == 0) & (pl.col("reason") == "mailbox_unknown"))
        .then(pl.lit("eod"))
        .otherwise("stage")
    )
    found = incidents(refused, answers.frame("answered"), answers.frame("known"), Ask())
    assert ("new", "google", "eod") in [(one.kind, one.scope.get("receiver"), one.stage) for one in found]


def doubled(age: pl.Expr) -> pl.Expr:
    """Return a share that doubles every three days."""
    return 0.01 * pl.lit(2.0) ** (age / 3)


def test_throttling_that_grows_is_found() -> None:
    """A share that doubles every three days is told, though no single day stands out from the one before."""
    rows = plant(months.months(44, 0), months.RATE, months.START + timedelta(days=30), doubled, provider="yahoo")
    found = Answers(rows, months.START + timedelta(days=43)).incidents
    assert [(one.category, one.scope.get("receiver")) for one in found] == [("rate_limit", "yahoo")]
    assert found[0].kind in {"growing", "warning"}


@pytest.mark.parametrize(
    ("shares", "grows"),
    [
        ([20, 22, 25, 28, 31, 35, 40, 45, 50, 56, 63, 71, 80, 90], True),
        ([50, 20, 70, 30, 60, 25, 80, 20, 55, 30, 75, 20, 60, 50], False),
        ([50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63], False),
        ([20, 90], False),
    ],
    ids=["grows", "jumps", "hardly", "short"],
)
def test_growth_needs_a_trend_and_a_trebling(shares: list[int], *, grows: bool) -> None:
    """Steady growth to three times as much is told; jumping about, a small rise and a short past are not."""
    days = [Day(refused, 1000) for refused in shares[-2::-1]]
    cell = Cell({"receiver": "yahoo"}, "rate_limited", "rate_limit", 3, 1.0, shares[-1], shares[-1], 1000, days)
    assert bool(growing([cell])) is grows


def runs(seed: int, days: range) -> list[tuple[int, list[Incident], int]]:
    """Return what the daily runs over a quiet month find: incidents and stops."""
    rows = months.months(max(days) + 1, seed)
    answers = [(day, Answers(rows, months.START + timedelta(days=day, hours=7))) for day in days]
    return [(day, answer.incidents, len(answer.stops)) for day, answer in answers]


@pytest.mark.parametrize("seed", [11, 12])
def test_quiet_months_stay_quiet(seed: int) -> None:
    """Of the daily runs of a month without trouble at most one finds something: `docs/check.md` states the rate."""
    found = [(day, told, stops) for day, told, stops in runs(seed, range(29, 59, 4)) if told or stops]
    assert len(found) <= 1, found


def test_a_small_sender_is_left_in_peace() -> None:
    """A fifth of the mail, and no chance finding for it: five recipients are not a trend."""
    rows = months.months(45, 13, volume=0.05)
    ends: list[datetime] = [months.START + timedelta(days=day, hours=7) for day in range(29, 45, 4)]
    assert not [found for end in ends if (found := Answers(rows, end).incidents)]
