"""The views say what their headers promise, in our connection, in the sandbox and in a plain DuckDB shell."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from bouncelake.errors import QueryError
from bouncelake.lake import Lake
from bouncelake.sandbox import query, trusted
from bouncelake.sandbox.headers import read
from bouncelake.sandbox.views import base_view, described, frame_view, script, views
from bouncelake.schema import EVENTS, TABLES
from tests.support.story import REMEDIES, at

FRAMES = {"remedies": REMEDIES}
NAMES = [view.name for view in views()]


def test_views_stand_after_those_they_use() -> None:
    """Each view comes after every view that it reads."""
    seen: set[str] = set(TABLES)
    for view in views():
        assert set(view.uses) <= seen, view.name
        seen.add(view.name)


@pytest.mark.parametrize("name", NAMES)
def test_described_columns_are_the_real_ones(name: str) -> None:
    """The header describes the columns that the view has, in their order."""
    view = next(view for view in views() if view.name == name)
    promised = [column.name for column in TABLES[view.columns_of].columns] if view.columns_of else list(view.columns)
    assert sorted(described(name)) == sorted(promised)
    if not view.columns_of:
        assert list(described(name)) == promised


@pytest.mark.parametrize("name", [*TABLES, *NAMES])
def test_sandbox_and_shell_give_the_same_rows(lake: Lake, name: str) -> None:
    """The same view over the dataset and over the files gives the same number of rows."""
    sql = f"SELECT count(*) AS n FROM {name}"  # noqa: S608 - names of our own
    with trusted(lake, FRAMES) as con:
        assert query(lake, sql, FRAMES).rows() == con.sql(sql).pl().rows()


def test_script_runs_in_a_plain_shell(lake: Lake) -> None:
    """The printed SQL makes all tables and views on a connection that knows nothing of us."""
    with duckdb.connect() as con:
        con.execute(script(lake, [frame_view("remedies", REMEDIES)]))
        assert con.execute("SELECT count(*) FROM remedies").fetchall() == [(REMEDIES.height,)]
        assert con.execute("SELECT count(*) FROM outcomes WHERE event = 'expired'").fetchall() == [(3,)]


def test_frame_view_keeps_quotes_and_nulls() -> None:
    """Texts with quotes, nulls and numbers survive being written out; a frame without rows gives none."""
    frame = pl.DataFrame({"a": ["it's", None], "b": [1, None]}, schema={"a": pl.String, "b": pl.Int8})
    with duckdb.connect() as con:
        con.execute(frame_view("t", frame))
        con.execute(frame_view("nothing", frame.clear()))
        assert con.execute("SELECT a, b FROM t").fetchall() == [("it's", 1), (None, None)]
        assert con.execute("SELECT a, b FROM nothing").fetchall() == []


def test_files_of_an_older_schema_are_read(tmp_path: Path) -> None:
    """A column that a file lacks is null; the day comes from the folder."""
    old = tmp_path / "events" / "day=2026-11-01"
    old.mkdir(parents=True)
    pl.DataFrame({"ts": [at()], "event": ["delivered"]}).write_parquet(old / "part-1.parquet")
    with duckdb.connect() as con:
        con.execute(base_view(EVENTS, [str(old / "part-1.parquet")]))
        rows = con.execute("SELECT CAST(day AS VARCHAR), event, reply FROM events").fetchall()
    assert rows == [("2026-11-01", "delivered", None)]


OUTCOMES = {
    "G0": ("delivered", True, False, None, None),
    "R0": ("delivered", True, False, None, None),
    "R3": ("expired", True, True, "ip_reputation", "block"),
    "R6": ("suspended", False, True, "ip_reputation", "soft"),
    "S0": ("bounced", True, False, "authentication", "block"),
    "T1": ("deferred", False, False, "network", "soft"),
    "H1": ("accepted", False, False, None, None),
    "Y1": ("delivered", True, False, None, None),
}


@pytest.mark.parametrize(("key", "expected"), OUTCOMES.items())
def test_outcome_is_the_last_state_with_its_cause(
    lake: Lake, key: str, expected: tuple[str, bool, bool, str | None, str | None]
) -> None:
    """The last line decides the state; where it names no cause, the last refusal is the cause."""
    sql = f"SELECT event, final, inherited, category, bounce FROM outcomes WHERE message_key = '{key}'"  # noqa: S608
    assert query(lake, sql, FRAMES).rows() == [expected]


def test_outcomes_have_one_row_per_message_and_recipient(lake: Lake) -> None:
    """No pair of message and recipient occurs twice, and no probe or rejection is in it."""
    sql = "SELECT message_key, recipient, count(*) AS n FROM outcomes GROUP BY ALL HAVING count(*) > 1"
    assert query(lake, sql, FRAMES).is_empty()
    assert query(lake, "SELECT * FROM outcomes WHERE message_key IN ('P1', 'J1')", FRAMES).is_empty()


def test_expired_without_known_recipient_is_kept(tmp_path: Path) -> None:
    """A message that expired and of which no recipient is known is one row with recipient null."""
    frame = EVENTS.conform(
        pl.DataFrame([{"ts": at(), "message_key": "X", "event": "expired", "final": True, "direction": "outbound"}])
    )
    folder = tmp_path / "day=2026-11-17"
    folder.mkdir()
    frame.drop("day").write_parquet(folder / "p.parquet")

    class One:
        def files(self, table: str) -> list[str]:
            return [str(folder / "p.parquet")] if table == "events" else []

    rows = query(One(), "SELECT message_key, recipient, event FROM outcomes", FRAMES)
    assert rows.rows() == [("X", None, "expired")]


def test_refusal_without_recipient_counts_for_the_recipients_of_its_message(lake: Lake) -> None:
    """One refused transaction with two recipients is two pairs refused but one reply."""
    counts = "count(DISTINCT pair) AS p, count(DISTINCT attempt_key) AS a"
    sql = f"SELECT {counts} FROM answers WHERE refused AND message_key = 'M1'"  # noqa: S608
    assert query(lake, sql, FRAMES).rows() == [(2, 1)]


@pytest.mark.parametrize("key", ["Y1", "T1", "H1", "P1", "L1", "B1", "J1"])
def test_what_enters_no_rate_is_no_refused_answer(lake: Lake, key: str) -> None:
    """Greylisting, timeouts, smarthosts, probes, filters, backscatter and rejections are no refused answers."""
    sql = f"SELECT * FROM answers WHERE refused AND message_key = '{key}'"  # noqa: S608 - keys from the line above
    assert query(lake, sql, FRAMES).is_empty()


def test_greylisting_is_a_refusal_with_its_category(lake: Lake) -> None:
    """The view of all refusals holds greylisting, so that who asks for it finds it."""
    sql = "SELECT category FROM refusals WHERE message_key = 'Y1'"
    assert query(lake, sql, FRAMES).rows() == [("greylist",)]


GOOD = "-- title: T\n-- question: Q?\n-- counts: c\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1", "needs one line `-- title: ...`"),
        (GOOD + "-- title: again\n", "needs one line `-- title: ...`"),
        ("-- title: T\n-- counts: c\n", "needs one line `-- question: ...`"),
        (GOOD + "-- column: a\n", "needs a description"),
        (GOOD + "-- column: a  one\n-- column: a  two\n", "described twice"),
        (GOOD + "-- param: top INTEGER  Rows.\n", "must read `NAME TYPE = DEFAULT`"),
        (GOOD + "-- param: top INTEGER = 3\n", "must read `NAME TYPE = DEFAULT`"),
    ],
)
def test_wrong_headers_are_told(tmp_path: Path, text: str, message: str) -> None:
    """A header that lacks something names the file and what is missing."""
    file = tmp_path / "report.sql"
    file.write_text(text)
    with pytest.raises(QueryError) as caught:
        read(file)
    assert message in str(caught.value)
    assert "report.sql" in str(caught.value)
