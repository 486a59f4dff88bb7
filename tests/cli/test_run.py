"""Whatever a command raises becomes one message and the right exit code."""

import errno

import pytest

from bouncelake.cli import output
from bouncelake.cli import run as running
from bouncelake.cli.options import settings
from bouncelake.errors import BouncelakeError, ConfigError, ExitCode, InputError, LakeBusyError, QueryError


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (QueryError("wrong"), ExitCode.USAGE, "bouncelake: wrong\n"),
        (InputError("cut"), ExitCode.UNREADABLE, "bouncelake: cut\n"),
        (LakeBusyError("busy"), ExitCode.LAKE, "bouncelake: busy\n"),
        (BouncelakeError("ours"), ExitCode.BUG, "bouncelake: ours\n"),
        (ConfigError("a: one\nb: two"), ExitCode.USAGE, "bouncelake: a: one\nb: two\n"),
        (QueryError("\x1b[31m\u202e"), ExitCode.USAGE, "bouncelake: \\x1b[31m\\u202e\n"),
        (OSError(errno.ENOSPC, "No space left", "x"), ExitCode.LAKE, "bouncelake: x: No space left\n"),
        (PermissionError(errno.EACCES, "Permission denied", "y"), ExitCode.USAGE, "bouncelake: y: Permission denied\n"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "bouncelake: interrupted"),
        (ZeroDivisionError("division"), ExitCode.BUG, "bouncelake: this is our bug: ZeroDivisionError: division"),
        (RecursionError("deep"), ExitCode.BUG, "this is our bug: RecursionError"),
        (MemoryError(), ExitCode.BUG, "this is our bug: MemoryError"),
    ],
)
def test_errors_become_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, message: str
) -> None:
    """Each kind of error has its code and is told in one message."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(running, "app", fail)
    assert running.run([]) == code
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert "Traceback" not in told.err


def test_traceback_on_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With BOUNCELAKE_TRACEBACK the place of a bug is shown."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(running, "app", fail)
    monkeypatch.setenv("BOUNCELAKE_TRACEBACK", "1")
    running.run([])
    assert "Traceback" in capsys.readouterr().err


def test_failed_write_leaves_the_old_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file that cannot be replaced stays as it was, and no temporary file stays behind."""
    folder = tmp_path_factory.mktemp("out")
    file = folder / "a.csv"
    file.write_text("old")
    with pytest.raises(TypeError):
        output.write("text, not bytes", file)  # type: ignore[arg-type]
    assert file.read_text() == "old"
    assert [path.name for path in folder.iterdir()] == ["a.csv"]


def test_options_beat_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """--lake wins over the environment."""
    folder = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BOUNCELAKE_LAKE", "other")
    assert settings().lake.name == "other"
    assert settings(folder / "mine").lake == folder / "mine"
