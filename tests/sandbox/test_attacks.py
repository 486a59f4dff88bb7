"""SQL that people write reads the lake and nothing else, whatever they try."""

from pathlib import Path

import pytest

from bouncelake.errors import QueryError
from bouncelake.lake import Lake
from bouncelake.sandbox import Limits, query
from bouncelake.sandbox.connections import closed
from tests.support.story import REMEDIES

FRAMES = {"remedies": REMEDIES}

# {live} is a live Parquet file of the lake, {out} a file that does not exist, {secret} a file outside the lake.
ATTACKS = [
    "COPY (SELECT 1) TO '{out}'",
    "COPY events TO '{live}' (FORMAT parquet, USE_TMP_FILE false)",
    "WITH x AS (COPY (SELECT 1) TO '{out}') SELECT 1",
    "WITH x AS (COPY (SELECT 1 AS a) TO '{live}' (FORMAT parquet, USE_TMP_FILE false)) SELECT 1",
    "SELECT * FROM (COPY (SELECT 1) TO '{out}')",
    "WITH x AS (DELETE FROM remedies RETURNING *) SELECT * FROM x",
    "WITH x AS (INSERT INTO remedies SELECT * FROM remedies RETURNING *) SELECT * FROM x",
    "WITH x AS (UPDATE remedies SET rule = 'x' RETURNING *) SELECT * FROM x",
    "EXPORT DATABASE '{out}'",
    "ATTACH '{out}' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "PRAGMA enable_external_access",
    "CALL pragma_version()",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW events AS SELECT 1",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "DROP VIEW outcomes",
    "DELETE FROM events",
    "PREPARE p AS SELECT 1",
    "BEGIN",
    "VACUUM",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY (SELECT 1) TO '{out}'",
    "SELECT * FROM '{live}'",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_parquet('{live}')",
    "SELECT * FROM parquet_scan('{live}')",
    "SELECT * FROM parquet_metadata('{live}')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_csv('/dev/stdin')",
    "SELECT * FROM read_csv('http://192.0.2.1/x.csv')",
    "SELECT * FROM query('SELECT * FROM arrow_scan(1, 2, 3)')",
    "SELECT * FROM query_table('remedies')",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM python_map_function()",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT (SELECT count(*) FROM read_text('{secret}'))",
    "SELECT * FROM remedies WHERE rule IN (SELECT content FROM read_text('{secret}'))",
    "SELECT * FROM checkpoint()",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM FRAMES",
    "SELECT getenv('HOME')",
    "SELECT $secret",
    "SELECT",
    "",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT '" + "x" * 100_001 + "'",
]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Return a readable file outside the lake."""
    file = tmp_path / "secret.csv"
    file.write_text("password\nhunter2\n")
    return file


def _state(lake: Lake) -> dict[str, bytes]:
    files = sorted(path for path in lake.root.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_is_refused_and_changes_nothing(lake: Lake, secret: Path, attack: str) -> None:
    """Every attack is a QueryError; the lake's bytes, the folder and the secret stay as they were."""
    live, out = lake.files("events")[0], secret.parent / "out.txt"
    before = _state(lake)
    with pytest.raises(QueryError) as caught:
        query(lake, attack.format(live=live, out=out, secret=secret), FRAMES)
    assert "hunter2" not in str(caught.value)
    assert _state(lake) == before
    assert [path.name for path in secret.parent.iterdir()] == ["secret.csv"]


@pytest.mark.parametrize("attack", [one for one in ATTACKS if "{" in one])
def test_connection_alone_withstands_file_attacks(lake: Lake, secret: Path, attack: str) -> None:
    """Without the parse check the connection itself still reaches no file: two walls, each enough."""
    live, out = lake.files("events")[0], secret.parent / "out.txt"
    before = _state(lake)
    with closed(lake, FRAMES, "UTC", "1GB") as con, pytest.raises(Exception, match=r"."):
        con.sql(attack.format(live=live, out=out, secret=secret)).fetchall()
    assert _state(lake) == before
    assert [path.name for path in secret.parent.iterdir()] == ["secret.csv"]


def test_endless_query_is_ended(lake: Lake) -> None:
    """A query that runs too long is interrupted and told how to be narrowed."""
    endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = -1"
    with pytest.raises(QueryError, match=r"longer than 0.3 s"):
        query(lake, endless, FRAMES, limits=Limits(seconds=0.3))


def test_hungry_query_is_ended(lake: Lake) -> None:
    """A query that needs too much memory fails instead of taking the machine's."""
    hungry = "SELECT list(range) FROM range(50000000)"
    with pytest.raises(QueryError, match=r"more than 50MB of memory|cannot run"):
        query(lake, hungry, FRAMES, limits=Limits(memory="50MB"))


def test_huge_answer_is_refused(lake: Lake) -> None:
    """An answer that would not fit into memory is refused with a hint, before it is whole."""
    with pytest.raises(QueryError, match="larger than 1 MiB: add a LIMIT"):
        query(lake, "SELECT range FROM range(100000000)", FRAMES, limits=Limits(answer=1 << 20))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", "not valid SQL"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELECT 1 AS a, 2 AS a", "two columns are called `a`"),
        ("COPY events TO 'x'", "only SELECT"),
        ("SELECT 1; SELECT 2", "one statement at a time, not 2"),
        ("SELECT * FROM read_text('x')", "the table function `read_text` is not allowed"),
        ("WITH x AS (COPY (SELECT 1) TO 'f') SELECT 1", "hides a COPY"),
    ],
)
def test_wrong_sql_is_told_in_words(lake: Lake, sql: str, message: str) -> None:
    """Each mistake gets a message that says what is wrong."""
    with pytest.raises(QueryError, match=message):
        query(lake, sql, FRAMES)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n FROM events",
        "FROM outcomes SELECT count(*) AS n",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT sum(n) AS n FROM t",
        "SELECT 1 AS n UNION ALL SELECT 2",
        "VALUES (1), (2)",
        "DESCRIBE events",
        "SELECT * FROM range(3)",
        "SELECT * FROM daily JOIN remedies ON true LIMIT 1",
        "SELECT unnest(tags) FROM events",
        "SELECT * FROM duckdb_views()",
    ],
)
def test_reading_is_allowed(lake: Lake, sql: str) -> None:
    """Everything that only reads runs."""
    assert query(lake, sql, FRAMES).width > 0


def test_views_work_in_an_empty_lake(empty: Lake) -> None:
    """All tables and views exist in a lake without rows, and are empty."""
    for name in ("events", "messages", "refused", "runs", "refusals", "answers", "outcomes", "daily"):
        assert query(empty, f"SELECT * FROM {name}", FRAMES).is_empty()  # noqa: S608 - names from the line above
