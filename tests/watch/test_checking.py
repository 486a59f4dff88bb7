"""The check end to end, over lakes on disk: sentences, minutes, queries that give the same figures, silence."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from bouncelake.errors import UsageError
from bouncelake.lake import Lake
from bouncelake.resources import shipped
from bouncelake.sandbox import query
from bouncelake.sandbox.headers import read
from bouncelake.watch import Finding, Verdict, ask, check
from bouncelake.watch.books import Books
from bouncelake.watch.incidents import Incident, chosen
from tests.support import months
from tests.support.months import plant, stop

DAYS = 31
SINCE = months.START + timedelta(days=DAYS - 2, hours=9, minutes=14)
END = months.START + timedelta(days=DAYS - 1, hours=7)
UTC = ZoneInfo("UTC")
FRAMES = {"remedies": months.remedies()}
FIRST_IP, SECOND = "192.0.2.10", "mx2.example.org"
FILES = sorted((shipped("sql") / "watch").glob("*.sql"))
ROWS = months.months(DAYS, seed=1).filter(pl.col("ts") < END)

Judge = Callable[[pl.DataFrame], Verdict]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Return a function that writes rows into a lake and checks it."""

    def judged(rows: pl.DataFrame) -> Verdict:
        return check(months.lake(rows, tmp_path / "lake"), FRAMES, ask("24h", "28d"), UTC, months.NAMES)

    return judged


def proof(one: Finding, root: Path) -> pl.DataFrame:
    """Return what the finding's query answers in the sandbox."""
    return query(Lake.open(root), one.query, FRAMES)


def test_a_finding_says_who_what_since_when_and_how_much(judge: Judge, tmp_path: Path) -> None:
    """The sentence, the facts, and the query that gives the same figures."""
    verdict = judge(plant(ROWS, months.REPUTATION, SINCE, 0.5, provider="google", ip=FIRST_IP))
    (one,) = verdict.findings
    first = ROWS.filter((pl.col("provider") == "google") & (pl.col("ip") == FIRST_IP) & (pl.col("ts") >= SINCE))
    assert SINCE <= one.since <= first["ts"].sort()[10]
    assert one.sentence == (
        f"Google refuses mail from {FIRST_IP} since Tue 31 Mar {one.since:%H:%M} for low ip reputation:"
        f" {one.refused} of {one.answered} recipients ({one.share * 100:.1f}%) in the last 24 h,"
        " never given here before."
    )
    assert (one.kind, one.label, one.severity) == ("new", "ACT NOW", 5)
    facts = dict(one.facts)
    assert facts["reply"] == months.REPUTATION.reply
    assert facts["do"] == "Mend low_ip_reputation."
    assert facts["mostly"] == "to gmail.com"
    assert facts["query"] == f'bouncelake query "{one.query}"'
    (row,) = proof(one, tmp_path / "lake").to_dicts()
    assert (row["refused"], row["answered"], row["last_seen"]) == (one.refused, one.answered, one.last)


@pytest.mark.parametrize(
    "rows",
    [
        plant(ROWS, months.DMARC, SINCE, 0.3, sender="news.example.org"),
        plant(ROWS, months.LISTED, SINCE, 0.3, ip="192.0.2.20"),
        plant(ROWS, months.CONTENT, SINCE, 0.08),
        plant(ROWS, months.UNKNOWN_USER, SINCE, 0.9, provider=None, domain="d7.example.net"),
    ],
    ids=["sender", "ip", "everywhere", "unknown provider"],
)
def test_the_query_gives_the_figures_of_the_sentence(judge: Judge, tmp_path: Path, rows: pl.DataFrame) -> None:
    """Whatever the dimensions, the query behind a finding answers with its n and m."""
    verdict = judge(rows)
    assert verdict.findings
    for one in verdict.findings:
        (row,) = proof(one, tmp_path / "lake").to_dicts()
        assert (row["refused"], row["answered"]) == (one.refused, one.answered)


def test_a_forerunner_is_told_as_a_warning(judge: Judge) -> None:
    """A 4xx form of what ends in 5xx is put off, not refused, and says what tends to follow."""
    (one,) = judge(plant(ROWS, months.SPF_WARNING, SINCE, 0.2, provider="google")).findings
    assert one.sentence.startswith("Google puts off mail since Tue 31 Mar 09:")
    assert one.sentence.endswith("never given here before: an early warning, permanent refusals tend to follow.")


def test_a_quiet_lake_has_no_findings(judge: Judge) -> None:
    """Nothing planted, nothing found, and no more to learn."""
    verdict = judge(ROWS)
    assert (verdict.findings, verdict.learning) == ([], None)


def test_a_provider_that_gets_nothing_more_is_told(judge: Judge, tmp_path: Path) -> None:
    """A provider that always had deliveries and has none is told with the minute of the last one."""
    (one,) = judge(stop(ROWS, SINCE, provider="google")).findings
    google = ROWS.filter((pl.col("provider") == "google") & (pl.col("ts") < SINCE) & pl.col("reason").is_null())
    last = google.select(pl.col("ts").max()).item()
    assert (one.kind, one.scope, one.since) == ("stopped", {"receiver": "google"}, last)
    assert one.sentence.startswith(f"Nothing was delivered to Google since Tue 31 Mar {last:%H:%M} (2")
    assert "no try" in dict(one.facts)["tried"]
    assert proof(one, tmp_path / "lake").select(pl.col("hour").max()).item() <= last


def test_a_stop_says_what_the_log_says_instead(tmp_path: Path) -> None:
    """Tries without an answer since the stop are told with their cause."""
    rows = stop(ROWS, SINCE, provider="google")
    events = months.tables(rows)["events"]
    cut = events.filter((pl.col("provider") == "google") & (pl.col("ts") > SINCE - timedelta(hours=4))).with_columns(
        ts=pl.col("ts") + timedelta(hours=6), event=pl.lit("deferred"), reply_by=pl.lit("local"),
        reply_code=pl.lit(None, pl.Int16), category=pl.lit("network"), reason=pl.lit("connect_timeout"),
        reply=pl.lit("connect to gmail-smtp-in.l.google.com: Connection timed out"), rule=pl.lit(None, pl.String),
        event_id=pl.col("event_id") + "x", day=(pl.col("ts") + timedelta(hours=6)).dt.date(),
    )  # fmt: skip
    lake = months.write({"events": pl.concat([events, cut])}, tmp_path / "more")
    (one,) = check(lake, FRAMES, ask("24h", "28d"), UTC, months.NAMES).findings
    assert dict(one.facts)["tried"].endswith("mostly: connect timeout")
    assert "timed out" in dict(one.facts)["reply"]


def test_nothing_stops_where_the_log_ends(judge: Judge) -> None:
    """A host whose log was not read to the end lags; nobody has stopped getting mail because of it."""
    assert judge(stop(ROWS, END - timedelta(hours=3), host=SECOND)).findings == []


def test_a_host_that_falls_silent_is_told(judge: Judge, tmp_path: Path) -> None:
    """A host that wrote every day and lags by more than ever is told, and nothing else."""
    (one,) = judge(stop(ROWS, SINCE, host=SECOND)).findings
    assert (one.kind, one.scope, one.label) == ("silent", {"host": SECOND}, "ACT TODAY")
    assert one.sentence.startswith(f"No lines from {SECOND} since Tue 31 Mar 0")
    assert proof(one, tmp_path / "lake")["last_seen"].max() == one.since


def test_a_lagging_host_has_its_own_window(judge: Judge, tmp_path: Path) -> None:
    """Trouble at the end of a log that ends earlier is found, and its query counts the same rows."""
    rows = stop(plant(ROWS, months.REPUTATION, SINCE, 0.5, provider="google"), END - timedelta(hours=5), host=SECOND)
    (one,) = judge(rows).findings
    assert one.scope == {"receiver": "google"}
    (row,) = proof(one, tmp_path / "lake").to_dicts()
    assert (row["refused"], row["answered"]) == (one.refused, one.answered)


def test_a_short_past_is_said_and_only_urgent_things_are_told(judge: Judge) -> None:
    """Under 14 days of history only severity 4 and 5 above the floor is told."""
    days = timedelta(days=12)
    rows = plant(ROWS, months.REPUTATION, SINCE, 0.5, provider="google", ip=FIRST_IP)
    rows = plant(rows, months.UNKNOWN_USER, SINCE, 0.3, provider="yahoo")
    verdict = judge(rows.filter(pl.col("ts") > END - days))
    assert verdict.learning is not None
    assert timedelta(days=10) < verdict.learning < timedelta(days=12)
    assert [(one.kind, one.reasons) for one in verdict.findings] == [("standing", ("low_ip_reputation",))]


def test_an_empty_lake_learns(tmp_path: Path) -> None:
    """A lake without a row is no error."""
    lake = Lake.open(tmp_path / "empty", create=True)
    verdict = check(lake, FRAMES, ask("24h", "28d"), UTC, {})
    assert (verdict.until, list(verdict.findings)) == (None, [])
    assert verdict.learning is not None


def test_a_reason_of_long_ago_is_no_news(tmp_path: Path) -> None:
    """What the compared past does not know but an older day does is told as a rise."""
    rows = months.months(75, 1).filter(pl.col("ts") < months.START + timedelta(days=74, hours=7))
    early, late = months.START + timedelta(days=3), months.START + timedelta(days=73, hours=9)
    once = plant(rows, months.DMARC, early, 0.2, until=early + timedelta(days=1), provider="google")
    lake = months.lake(plant(once, months.DMARC, late, 0.5, provider="google"), tmp_path / "lake")
    assert [one.kind for one in check(lake, FRAMES, ask("24h", "28d"), UTC, {}).findings] == ["rose"]


def test_a_shorter_window_compares_the_same_hours(tmp_path: Path) -> None:
    """Six hours are compared with the same six hours of each day before."""
    rows = plant(ROWS, months.REPUTATION, END - timedelta(hours=1, minutes=30), 0.9, provider="google")
    lake = months.lake(rows, tmp_path / "lake")
    (one,) = check(lake, FRAMES, ask("6h", "28d"), UTC, months.NAMES).findings
    assert "in the last 6 h" in one.sentence
    (row,) = proof(one, tmp_path / "lake").to_dicts()
    assert (row["refused"], row["answered"]) == (one.refused, one.answered)


def test_greylisting_counts_only_when_asked(tmp_path: Path) -> None:
    """Put-off first contacts are no refusals unless somebody says so."""
    lake = months.lake(plant(ROWS, months.GREYLISTED, SINCE, 0.5, provider="gmx"), tmp_path / "lake")
    assert check(lake, FRAMES, ask("24h", "28d"), UTC, months.NAMES).findings == []
    (one,) = check(lake, FRAMES, ask("24h", "28d", greylisting=True), UTC, months.NAMES).findings
    assert one.topic == "greylist"
    assert proof(one, tmp_path / "lake")["refused"].item() == one.refused


def test_hostile_names_do_not_become_shell_commands(judge: Judge, tmp_path: Path) -> None:
    """A sender domain with shell and SQL in it is quoted as SQL and not offered for a shell."""
    hostile = "x'$(reboot)`.example"
    rows = ROWS.with_columns(pl.col("sender").replace("news.example.org", hostile))
    (one,) = judge(plant(rows, months.DMARC, SINCE, 0.5, sender=hostile)).findings
    assert dict(one.facts)["query"] == one.query
    (row,) = proof(one, tmp_path / "lake").to_dicts()
    assert row["refused"] == one.refused


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Return the books of a small lake."""
    lake = months.lake(ROWS.filter(pl.col("ts") > END - timedelta(days=2)), tmp_path_factory.mktemp("lakes") / "lake")
    return Books(lake, FRAMES, ask("24h", "28d"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_headers_describe_the_columns(books: Books, file: Path) -> None:
    """Each SQL file gives the columns that its header promises, in that order."""
    one = Incident("rose", {"receiver": "google"}, "recipient", ("mailbox_full",), None, 1, 10, 0.1, 0.1)
    gaps = pl.DataFrame(
        {"receiver": ["google"], "since": [SINCE]}, schema_overrides={"since": pl.Datetime("us", "UTC")}
    )
    asked = pl.DataFrame({"reason": ["mailbox_full"]})
    columns = books.frame(file.stem, chosen=chosen([one]), gaps=gaps, asked=asked).columns
    header = read(file)
    assert list(header.columns) == columns
    assert header.question.endswith("?")


@pytest.mark.parametrize(
    ("since", "against", "message"),
    [
        ("24x", "28d", "no length of time"),
        ("", "28d", "no length of time"),
        ("10m", "28d", "between 1h and 28d"),
        ("24h", "7d", "at least 14d"),
        ("7d", "21d", "at least 28d"),
        ("24h", "99999999d", "no length of time"),
        ("²h", "28d", "no length of time"),
    ],
)
def test_wrong_lengths_are_told(since: str, against: str, message: str) -> None:
    """A window or past that cannot be used is a usage error that says what can."""
    with pytest.raises(UsageError, match=message):
        ask(since, against)
