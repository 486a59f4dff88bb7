"""The commands end to end: what they print, where, and with which exit code."""

import io
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple, Protocol

import duckdb
import pytest

from bouncelake.cli import run as running
from bouncelake.errors import ExitCode
from bouncelake.lake import Lake

LOG = """\
Nov 10 08:00:01 mx1 postfix/qmgr[10]: 4ABC1234567: from=<a@example.org>, size=500, nrcpt=1 (queue active)
Nov 10 08:00:02 mx1 postfix/smtp[11]: 4ABC1234567: to=<b@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=1, \
delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 OK)
Nov 10 08:00:02 mx1 postfix/qmgr[10]: 4ABC1234567: removed
Nov 10 08:00:03 mx1 dovecot: imap-login: Login
garbage
"""

OWN = """\
[[rule]]
id = "own-xyzzy"
any = ["xyzzy"]
reason = "local_policy"
seen = 2026-11-01
examples = ["571 xyzzy", "571 no xyzzy"]
near_misses = ["571 no"]
"""


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


class Cli(Protocol):
    """Calls the command line."""

    def __call__(self, *arguments: str, stdin: str = "") -> Ran:
        """Return what a command left behind."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return a function that runs a command line in this process, without the caller's settings."""
    for name in [name for name in os.environ if name.startswith("BOUNCELAKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TZ", "UTC")

    def call(*arguments: str, stdin: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        code = running.run(arguments)
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of five lines: one event, two context, one foreign, one refused."""
    file = tmp_path / "mail.log"
    file.write_text(LOG)
    return file


@pytest.fixture
def root(lake: Lake) -> str:
    """Return the folder of the story's lake."""
    return str(lake.root)


def test_ingest_accounts_for_every_line_and_again_adds_nothing(run: Cli, log: Path, tmp_path: Path) -> None:
    """The account names the four kinds of lines; the same file once more gives 0 new rows."""
    lake = str(tmp_path / "lake")
    first = run("ingest", "-v", "--year", "2026", "--final", "--lake", lake, str(log))
    assert first.code == ExitCode.FINE
    assert "5 lines = 1 events + 2 context + 1 foreign + 1 refused; 1 new rows" in first.out
    again = run("ingest", "-v", "--year", "2026", "--final", "--lake", lake, str(log))
    assert again.out.endswith("0 new rows\n")


def test_ingest_is_quiet_in_cron(run: Cli, log: Path, tmp_path: Path) -> None:
    """Without a terminal and without trouble nothing is said, so that cron sends no mail."""
    done = run("ingest", "--lake", str(tmp_path / "lake"), str(log))
    assert done == Ran(ExitCode.FINE, "", "")


def test_ingest_of_a_missing_file_beside_a_good_one(run: Cli, log: Path, tmp_path: Path) -> None:
    """The good file is in, the missing one is named, and the exit code says that part was unreadable."""
    done = run("ingest", "--lake", str(tmp_path / "lake"), str(log), str(tmp_path / "no.log"))
    assert done.code == ExitCode.UNREADABLE
    assert "no.log" in done.err
    assert "Traceback" not in done.err


def test_ingest_of_nothing_readable_is_a_usage_error(run: Cli, tmp_path: Path) -> None:
    """Where no path at all can be read, the exit code is that of a wrong command."""
    done = run("ingest", "--lake", str(tmp_path / "lake"), str(tmp_path / "no.log"))
    assert done.code == ExitCode.USAGE


def test_overview_is_a_page_also_in_cron(run: Cli, root: str) -> None:
    """Without a terminal and without --format the first report is still text for people."""
    done = run("report", "--lake", root)
    assert done.code == ExitCode.FINE
    assert done.out.startswith("Who refuses your mail\n")
    assert "\x1b" not in done.out
    assert done.err == ""


def test_other_reports_are_csv_in_a_pipe(run: Cli, root: str) -> None:
    """Without a terminal a report is CSV; every form can be asked for."""
    assert run("report", "domains", "--lake", root).out.startswith("day,domain,answered,")
    rows = json.loads(run("report", "domains", "--format", "json", "--lake", root).out)
    assert rows[0]["domain"] == "gmail.com"


def test_parameters_are_options(run: Cli, root: str) -> None:
    """A report's parameters are written as options, with blank or equals sign, with - or _."""
    one = run("report", "domains", "--by", "month", "--top=1", "--sender-domain", "shop.example.org", "--lake", root)
    two = run("report", "domains", "--by=month", "--top", "1", "--sender_domain=shop.example.org", "--lake", root)
    assert one.out == two.out
    assert one.out.count("\n") == 2


def test_output_file_takes_its_form_from_its_name(run: Cli, root: str, tmp_path: Path) -> None:
    """`-o report.html` writes a whole HTML file and nothing to standard output."""
    file = tmp_path / "report.html"
    assert run("report", "-o", str(file), "--lake", root) == Ran(0, "", "")
    assert file.read_text().startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_query_answers_and_refuses_to_write(run: Cli, root: str) -> None:
    """A SELECT answers; anything else is a usage error with a message."""
    assert run("query", "SELECT count(*) AS n FROM events WHERE event = 'expired'", "--lake", root).out == "n\n3\n"
    refused = run("query", "COPY events TO 'x'", "--lake", root)
    assert (refused.code, refused.out) == (ExitCode.USAGE, "")
    assert "read-only" in refused.err


def test_query_knows_other_tools_words(run: Cli, root: str) -> None:
    """The words of other tools join the lake's categories in SQL."""
    sql = "SELECT category FROM foreign_words WHERE tool = 'sisimai' AND word = 'userunknown' AND usual"
    assert run("query", sql, "--lake", root).out == "category\nrecipient\n"


def test_query_reads_its_input(run: Cli, root: str) -> None:
    """`-` reads one query; without SQL each line is one, and a wrong one does not end the rest."""
    assert run("query", "-", "--lake", root, stdin="SELECT 1\nAS n").out == "n\n1\n"
    many = run("query", "--lake", root, stdin="SELECT 1 AS n\n\nSELEC\nSELECT 2 AS n\n")
    assert many.out == "n\n1\nn\n2\n"
    assert "not valid SQL" in many.err


def test_explain_answers_line_by_line(run: Cli) -> None:
    """`explain -` gives one row per line, in order, for plain and JSON lines."""
    lines = 'nonsense\n{"text": "550 5.1.1 user unknown", "reply_code": 550}\n\n'
    rows = run("explain", "-", "--format", "jsonl", stdin=lines).out.splitlines()
    assert [json.loads(row)["text"] for row in rows] == ["nonsense", "550 5.1.1 user unknown", ""]
    assert json.loads(rows[1])["category"] == "recipient"


def test_explain_says_what_to_do(run: Cli) -> None:
    """One reply is explained with meaning and remedy."""
    done = run("explain", "550 5.1.1 user unknown", "--format", "table")
    assert "do  " in done.out
    assert "rule" in done.out


@pytest.mark.parametrize("line", ["{", '{"text": NaN', "{" * 100_000, '{"text": ' + "9" * 5000 + "}"])
def test_bad_json_lines_are_told(run: Cli, line: str) -> None:
    """Broken, deep and oversize JSON is a usage error that names the line."""
    done = run("explain", "-", stdin=f"fine\n{line}\n")
    assert done.code == ExitCode.USAGE
    assert "line 2: not valid JSON" in done.err


def test_odd_json_values_are_taken(run: Cli) -> None:
    """Numbers, lists, lone surrogates and missing texts do not end the run; a list is no object and is told."""
    odd = '{"text": "x \\ud800", "reply_code": 1e999}\n{"text": 5}\n{}\n{"text": null}\n'
    assert len(run("explain", "-", "--format", "jsonl", stdin=odd).out.splitlines()) == 4


def test_schema_describes_tables_and_views(run: Cli) -> None:
    """Every table and view is listed; one is described column by column."""
    names = [row["name"] for row in json.loads(run("schema", "--format", "json").out)]
    assert {"events", "messages", "refused", "runs", "outcomes", "refusals", "daily"} <= set(names)
    assert {"remedies", "foreign_words"} <= set(names)
    for name in names:
        columns = json.loads(run("schema", name, "--format", "json").out)
        assert all(column["meaning"] for column in columns), name


def test_rules_are_listed_shown_and_checked(run: Cli) -> None:
    """The shipped rules can be listed, one shown, and they lint clean."""
    rules = json.loads(run("rules", "list", "--format", "json").out)
    shown = run("rules", "show", rules[0]["rule"], "--format", "csv")
    assert "examples" in shown.out
    assert run("rules", "lint") == Ran(0, "", "")
    assert run("rules", "show", "nope").code == ExitCode.USAGE


def test_rules_are_tried_on_replies(run: Cli) -> None:
    """`rules test -` shows coverage to people and one row per template to machines."""
    told = run("rules", "test", "-", "--format", "table", stdin="550 5.1.1 user unknown\n571 xyzzy\n").out
    assert "Explained by words: 1 of 2." in told
    rows = json.loads(run("rules", "test", "-", "--format", "json", stdin="550 5.1.1 user unknown\n").out)
    assert [(row["replies"], row["why"]) for row in rows] == [(1, '"user unknown"')]


def test_unmatched_replies_get_a_rule_to_paste(run: Cli, log: Path, tmp_path: Path) -> None:
    """People get TOML, machines rows; a lake without such replies is told."""
    lake = str(tmp_path / "lake")
    log.write_text(LOG.splitlines()[1].replace("status=sent (250 2.0.0 OK)", "status=bounced (571 xyzzy)") + "\n")
    run("ingest", "--year", "2026", "--final", "--lake", lake, str(log))
    rule = tomllib.loads(run("rules", "unmatched", "--lake", lake, "--format", "table").out)["rule"][0]
    assert rule["phrase"] == ["xyzzy"]
    assert json.loads(run("rules", "unmatched", "--lake", lake, "--format", "json").out)[0]["events"] == 1


def test_lake_views_run_in_a_plain_shell(run: Cli, root: str) -> None:
    """The printed SQL makes the views in DuckDB."""
    sql = run("lake", "views", "--lake", root).out
    with duckdb.connect() as con:
        con.execute(sql)
        assert con.execute("SELECT count(*) FROM refusals").fetchall()[0][0] > 0
        assert con.execute("SELECT count(*) FROM foreign_words WHERE usual").fetchall()[0][0] > 100


def test_lake_is_told_and_tagged_again(run: Cli, log: Path, tmp_path: Path) -> None:
    """`lake info` tells rows and rule set; `lake reclassify` after a rule of one's own says what moved, once."""
    lake, own = str(tmp_path / "lake"), tmp_path / "own"
    log.write_text(LOG + LOG.splitlines()[1].replace("status=sent (250 2.0.0 OK)", "status=bounced (571 xyzzy)") + "\n")
    run("ingest", "--year", "2026", "--final", "--lake", lake, str(log))
    facts = {
        row["key"]: row["value"] for row in json.loads(run("lake", "info", "--lake", lake, "--format", "json").out)
    }
    assert (facts["events.rows"], facts["sources"], facts["rules.checked"]) == ("2", "1", facts["rules.now"])
    assert "All rows are checked" in run("lake", "info", "--lake", lake, "--format", "table").out
    own.mkdir()
    (own / "own.toml").write_text(OWN)
    (tmp_path / "own.cfg").write_text(f'rules = "{own}"\n')
    ours = ("--config", str(tmp_path / "own.cfg"), "--lake", lake)
    assert "in use, but" in run("lake", "info", "--format", "table", *ours).out
    first = run("lake", "reclassify", "--format", "json", *ours)
    assert [(row["rule_after"], row["events"]) for row in json.loads(first.out)] == [("own-xyzzy", 1)]
    assert "1 of 2 events" in first.err
    assert run("lake", "reclassify", *ours).out == ""
    assert "All rows are checked" in run("lake", "info", "--format", "table", *ours).out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], ExitCode.USAGE, "Usage: bouncelake"),
        (["reprot"], ExitCode.USAGE, "no such command 'reprot'"),
        (["report", "nope"], ExitCode.USAGE, "no report is called `nope`: there are"),
        (["report", "domains", "--nope", "1"], ExitCode.USAGE, "report domains takes no `--nope`"),
        (["report", "domains", "nope"], ExitCode.USAGE, "`nope` is neither a parameter nor its value"),
        (["report", "domains", "--top"], ExitCode.USAGE, "`--top` needs a value"),
        (["report", "--since", "7x"], ExitCode.USAGE, "`7x` is no time"),
        (["report", "--format", "pdf"], ExitCode.USAGE, "pdf"),
        (["report", "--lake", "/nonexistent/lake"], ExitCode.LAKE, "there is no lake"),
        (["report", "--lake", "/usr"], ExitCode.LAKE, "not a lake"),
        (["report", "--config", "/nonexistent.toml"], ExitCode.USAGE, "no such configuration file"),
        (["report", "-o", "/nonexistent/deep/x.html"], ExitCode.USAGE, "/nonexistent"),
        (["report", "-o", "/usr"], ExitCode.USAGE, "is a folder"),
        (["schema", "nope"], ExitCode.USAGE, "no table or view is called `nope`"),
        (["query", "SELEC", "--timeout", "0"], ExitCode.USAGE, "timeout"),
        (["ingest"], ExitCode.USAGE, "missing argument"),
        (["ingest", "x", "--zone", "Mars/Olympus"], ExitCode.USAGE, "Mars/Olympus"),
        (["ingest", "x", "--format", "sendmail"], ExitCode.USAGE, "sendmail"),
    ],
)
def test_mistakes_get_a_message_and_a_code(
    run: Cli,
    root: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: ExitCode,
    message: str,
) -> None:
    """Every mistake is one message on standard error, an exit code, and never a traceback."""
    lake = str(tmp_path / "lake") if "ingest" in arguments else root
    monkeypatch.setenv("BOUNCELAKE_LAKE", lake)
    done = run(*arguments)
    assert done.code == code
    assert message in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_hostile_arguments_are_shown_harmless(run: Cli, root: str) -> None:
    """A control sequence in an argument does not come back raw in the message."""
    done = run("report", "\x1b]0;owned\x07", "--lake", root)
    assert done.code == ExitCode.USAGE
    assert "\x1b" not in done.err


def test_help_is_quick_and_version_names_the_engines(run: Cli) -> None:
    """Help needs no engine; the version names those that are used."""
    code = (
        "import sys\n"
        "from bouncelake.cli.run import run\n"
        "run(['--help'])\n"
        "heavy = {'polars', 'duckdb', 'pyarrow', 'deltalake', 'pydantic', 'rich'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if 'polars' in heavy or 'duckdb' in heavy or 'pyarrow' in heavy else 0)"
    )
    paths = {"PYTHONPATH": str(Path(__file__).parents[2] / "pipeline")}
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | paths, capture_output=True)
    version = run("--version").out
    assert all(name in version for name in ("polars", "duckdb", "pyarrow", "deltalake"))


def test_every_command_has_help(run: Cli) -> None:
    """Each command says in its help what it does."""
    for command in (
        "ingest",
        "report",
        "query",
        "explain",
        "schema",
        "rules",
        "rules list",
        "rules lint",
        "rules test",
        "rules unmatched",
        "lake views",
        "lake info",
        "lake reclassify",
    ):
        done = run(*command.split(), "--help")
        assert done.code == ExitCode.FINE, command
        assert done.out.startswith("Usage: bouncelake"), command


def test_closed_pipe_and_full_device(root: str) -> None:
    """A reader that leaves ends the command with 141 and no words; a full device is told."""
    paths = {"PYTHONPATH": str(Path(__file__).parents[2] / "pipeline"), "BOUNCELAKE_LAKE": root}
    command = [sys.executable, "-c", "from bouncelake.cli import main; main()"]
    sql = "SELECT a.ts FROM events a, events b"
    with subprocess.Popen(
        [*command, "query", sql], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | paths
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait() == ExitCode.BROKEN_PIPE
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*command, "report"], stdout=full, stderr=subprocess.PIPE, check=False, env=os.environ | paths
        )
    assert done.returncode == ExitCode.LAKE
    assert b"No space left on device" in done.stderr
