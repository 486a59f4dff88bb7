"""`bouncelake check` as it is typed: silence, findings once, exit codes, forms and hooks."""

import io
import json
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Protocol

import polars as pl
import pytest

from bouncelake.cli import run as running
from bouncelake.errors import ExitCode
from tests.support import months
from tests.support.months import plant

DAYS = 31
SINCE = months.START + timedelta(days=DAYS - 2, hours=9, minutes=14)
END = months.START + timedelta(days=DAYS - 1, hours=7)
ROWS = months.months(DAYS, seed=1, volume=0.5).filter(pl.col("ts") < END)
TROUBLE = plant(ROWS, months.REPUTATION, SINCE, 0.5, provider="google")


class Check(Protocol):
    """Calls `bouncelake check`."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error."""


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Return a function that runs the command in this process, without the caller's settings."""
    for name in [name for name in os.environ if name.startswith("BOUNCELAKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b""), "utf-8"))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = running.run(["check", *arguments])
        return (code, *capsys.readouterr())

    return call


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return three lakes: trouble, a quiet one, and one with a short past."""
    folder = tmp_path_factory.mktemp("lakes")
    rows = {"trouble": TROUBLE, "quiet": ROWS, "young": TROUBLE.filter(pl.col("ts") > END - timedelta(days=9))}
    return {name: str(months.lake(own, folder / name).root) for name, own in rows.items()}


@pytest.fixture(autouse=True)
def _forgotten(lakes: dict[str, str]) -> Iterator[None]:
    yield
    for root in lakes.values():
        Path(root, "check.json").unlink(missing_ok=True)


def test_a_quiet_lake_says_nothing(check: Check, lakes: dict[str, str]) -> None:
    """Nothing on either stream and exit code 0, in every form."""
    assert check("--lake", lakes["quiet"]) == (ExitCode.FINE, "", "")
    assert check("--lake", lakes["quiet"], "--format", "json") == (ExitCode.FINE, "", "")
    assert check("--lake", lakes["quiet"], "--all") == (ExitCode.FINE, "", "")


def test_a_finding_is_told_once_and_shown_with_all(check: Check, lakes: dict[str, str]) -> None:
    """First the page and exit code 1, then silence and 0; `--all` shows it still, and remembers nothing."""
    code, out, err = check("--lake", lakes["trouble"], "--all")
    assert (code, err) == (ExitCode.FINDINGS, "")
    first = check("--lake", lakes["trouble"])
    assert first == (ExitCode.FINDINGS, out, "")
    assert out.startswith("What changed in your mail\nThe 24 h up to Wed 1 Apr 0")
    assert "ACT NOW  Google refuses mail since Tue 31 Mar 09:" in out
    for label in ("reply", "query"):
        assert f"\n   {label} " in out
    assert check("--lake", lakes["trouble"]) == (ExitCode.FINE, "", "")
    code, out, _ = check("--lake", lakes["trouble"], "--all")
    assert code == ExitCode.FINDINGS
    assert "told     before" in out


def test_the_query_shown_runs(check: Check, lakes: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in the finding can be given to `bouncelake query`, and answers with its figures."""
    (row,) = json.loads(check("--lake", lakes["trouble"], "--format", "json")[1])
    assert running.run(["query", row["query"], "--lake", lakes["trouble"], "--format", "json"]) == ExitCode.FINE
    (proof,) = json.loads(capsys.readouterr().out)
    assert (proof["refused"], proof["answered"]) == (row["refused"], row["answered"])
    assert (row["receiver"], row["reasons"], row["kind"]) == ("google", "low_ip_reputation", "new")


@pytest.mark.parametrize("form", ["csv", "html"])
def test_every_form_tells_the_finding(check: Check, lakes: dict[str, str], form: str) -> None:
    """Each form holds the sentence."""
    code, out, _ = check("--lake", lakes["trouble"], "--format", form)
    assert code == ExitCode.FINDINGS
    assert "Google refuses mail" in out


def test_a_young_lake_is_learning(check: Check, lakes: dict[str, str]) -> None:
    """It says so, tells what is urgent by itself, and exits with 0; told once, only the learning is said."""
    code, out, err = check("--lake", lakes["young"])
    assert (code, err) == (ExitCode.FINE, "")
    assert "7 of 14 days" in out
    assert "ACT NOW  Google refuses mail" in out
    code, out, err = check("--lake", lakes["young"])
    assert (code, out) == (ExitCode.FINE, "")
    assert "learning what is usual: 7 of 14 days" in err


def test_an_output_file_is_written_whatever_is_found(check: Check, lakes: dict[str, str], tmp_path: Path) -> None:
    """A page that is looked at must not be yesterday's."""
    file = tmp_path / "check.html"
    assert check("--lake", lakes["quiet"], "-o", str(file)) == (ExitCode.FINE, "", "")
    assert "Nothing is new, rose, stopped, or warns of worse." in file.read_text()


def test_mail_goes_out_when_there_is_news(check: Check, lakes: dict[str, str], tmp_path: Path) -> None:
    """The sendmail of the configuration gets one mail, and none when nothing is new."""
    program = tmp_path / "sendmail"
    program.write_text(f"#!/bin/sh\ncat >> {tmp_path}/mails\n")
    program.chmod(0o755)
    config = tmp_path / "bouncelake.toml"
    config.write_text(f'[check]\nmail_to = "ops@example.org"\nsendmail = "{program}"\nsender = "me@example.org"\n')
    options = ("--lake", lakes["trouble"], "--config", str(config))
    assert check(*options)[0] == ExitCode.FINDINGS
    assert check(*options) == (ExitCode.FINE, "", "")
    mail = (tmp_path / "mails").read_text()
    assert mail.count("Subject: ACT NOW: Google refuses mail") == 1
    assert "To: ops@example.org" in mail


def test_what_was_not_sent_is_told_again(check: Check, lakes: dict[str, str]) -> None:
    """A hook that fails is said on standard error, and the finding stays news."""
    options = ("--lake", lakes["trouble"], "--webhook", "http://127.0.0.1:9/secret")
    for _ in range(2):
        code, out, err = check(*options)
        assert code == ExitCode.FINDINGS
        assert "Google refuses mail" in out
        assert "the next check tells them again" in err
        assert "secret" not in err


def test_the_webhook_gets_the_news(check: Check, lakes: dict[str, str]) -> None:
    """A chat on this machine gets one message."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        code, *_ = check("--lake", lakes["trouble"], "--webhook", f"http://127.0.0.1:{server.server_port}/x")
        thread.join(10)
    assert code == ExitCode.FINDINGS
    assert json.loads(got[0])["text"].startswith("ACT NOW  Google refuses mail")


def test_the_textfile_is_written_at_every_check(check: Check, lakes: dict[str, str], tmp_path: Path) -> None:
    """Metrics are there for a quiet lake too, whole, with findings that were told before."""
    file = tmp_path / "bouncelake.prom"
    check("--lake", lakes["quiet"], "--textfile", str(file))
    assert 'bouncelake_check_findings{urgency="act_now"} 0' in file.read_text()
    for _ in range(2):
        check("--lake", lakes["trouble"], "--textfile", str(file))
        text = file.read_text()
        assert 'bouncelake_check_findings{urgency="act_now"} 1' in text
        assert 'bouncelake_refused_recipients{provider="google"}' in text
    assert [path.name for path in tmp_path.iterdir()] == ["bouncelake.prom"]


def test_a_lake_that_cannot_be_written_is_checked_all_the_same(
    check: Check, lakes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may only read the lake gets the findings, and is told that they are not remembered."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "check.json")

    monkeypatch.setattr("bouncelake.watch.memory.tempfile.mkstemp", refuse)
    code, out, err = check("--lake", lakes["trouble"])
    assert code == ExitCode.FINDINGS
    assert "Google refuses mail" in out
    assert "told again next time" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--since", "soon"), "no length of time"),
        (("--against", "7d"), "at least 14d"),
        (("--format", "pdf"), "pdf"),
    ],
)
def test_mistakes_are_told(check: Check, lakes: dict[str, str], arguments: tuple[str, str], message: str) -> None:
    """A wrong option is one message and exit code 2."""
    code, out, err = check("--lake", lakes["quiet"], *arguments)
    assert (code, out) == (ExitCode.USAGE, "")
    assert message in err
