"""What `init` finds on made-up machines, what it writes for them, and that it replaces nothing unasked."""

import grp
import os
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from bouncelake.cli.run import run
from bouncelake.config import load
from bouncelake.errors import UsageError
from bouncelake.machine import Machine, Written, look, planned, put
from bouncelake.machine.files import NAMES


def machine(root: Path, *logs: str, mode: int = 0o644) -> Machine:
    """Return a machine with these logs."""
    for name in logs:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
        path.chmod(mode)
    return look(root)


def written(root: Path, found: Machine) -> dict[str, str]:
    """Return the planned files by name."""
    return {one.path.name: one.text for one in planned(found, root, Path("/var/lib/x"), "/usr/bin/bouncelake", "UTC")}


@pytest.mark.parametrize(
    ("log", "writer"),
    [
        ("var/log/mail.log.2.gz", "Postfix (Debian, Ubuntu) or any syslog"),
        ("var/log/maillog", "Postfix (Red Hat, BSD) or any syslog"),
        ("var/log/exim4/mainlog.1", "Exim (Debian, Ubuntu)"),
        ("var/log/exim_mainlog", "Exim (cPanel)"),
    ],
)
def test_logs_are_found(tmp_path: Path, log: str, writer: str) -> None:
    """Each log at a usual place is found, whatever generation is left of it."""
    assert [one.writer for one in machine(tmp_path, log).logs] == [writer]


def test_generations_are_one_log(tmp_path: Path) -> None:
    """A log and its rotated files are one; folders and copies such as mail.info are none."""
    (tmp_path / "var/log/mail.log.d").mkdir(parents=True)
    found = machine(tmp_path, "var/log/mail.log", "var/log/mail.log.1", "var/log/mail.info")
    assert [(one.files, one.size, one.readable, one.group) for one in found.logs] == [(2, 4, True, "")]


def test_rights_are_the_least_that_read_the_logs(tmp_path: Path) -> None:
    """Logs of a group need that group, logs of root alone a capability, others nothing."""
    assert "SupplementaryGroups" not in written(tmp_path, machine(tmp_path, "var/log/mail.log"))["bouncelake.service"]
    private = written(tmp_path, machine(tmp_path, "var/log/maillog", mode=0o600))["bouncelake.service"]
    assert "AmbientCapabilities=CAP_DAC_READ_SEARCH" in private
    log = tmp_path / "var/log/maillog"
    log.chmod(0o640)
    gid = next((one for one in os.getgroups() if one), None)
    if gid is None and os.geteuid():
        pytest.skip("no second group")
    os.chown(log, -1, gid or grp.getgrnam("daemon").gr_gid)
    group = grp.getgrgid(log.stat().st_gid).gr_name
    shared = written(tmp_path, look(tmp_path))["bouncelake.service"]
    assert f"SupplementaryGroups={group}\nCapabilityBoundingSet=\n" in shared


def test_journal_is_read_where_no_log_is(tmp_path: Path) -> None:
    """Without a log at the usual places the journal is piped in."""
    (tmp_path / "var/log/journal").mkdir(parents=True)
    unit = written(tmp_path, look(tmp_path))["bouncelake.service"]
    assert "ExecStart=/bin/sh -c 'journalctl" in unit
    assert "SupplementaryGroups=systemd-journal" in unit


def test_configuration_is_valid_with_and_without_its_comments(tmp_path: Path) -> None:
    """The file loads as it is, and with every commented key taken in."""
    text = written(tmp_path, machine(tmp_path, "var/log/mail.log"))["bouncelake.toml"]
    keys = [line.removeprefix("# ") if "=" in line or line.startswith("# [") else line for line in text.splitlines()]
    for shown in (text, "\n".join(keys)):
        tomllib.loads(shown)
        (tmp_path / "bouncelake.toml").write_text(shown)
        assert load(tmp_path / "bouncelake.toml", {}).lake == Path("/var/lib/x")


def names(files: Sequence[Written]) -> list[str]:
    """Return the names of the planned files."""
    return [one.path.name for one in files]


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    """Where one file is there, none is written; with force all are."""
    files = planned(machine(tmp_path, "var/log/mail.log"), tmp_path / "etc", Path("/l"), "/b", "UTC")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/bouncelake.timer").write_text("mine")
    with pytest.raises(UsageError, match=r"bouncelake\.timer: there already"):
        put(files, force=False)
    assert [path.name for path in (tmp_path / "etc").iterdir()] == ["bouncelake.timer"]
    put(files, force=True)
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == sorted(NAMES) == sorted(names(files))
    assert stat.S_IMODE((tmp_path / "etc/bouncelake.toml").stat().st_mode) == 0o644


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_units_are_valid_and_hardened(tmp_path: Path) -> None:
    """The system manager reads the units without complaint, and rates the reading one as little exposed."""
    tool = shutil.which("systemd-analyze") or ""
    files = planned(
        machine(tmp_path, "var/log/mail.log"), tmp_path / "etc", Path("/var/lib/bouncelake"), "/bin/true", "UTC"
    )
    put(files, force=False)
    units = [str(one.path) for one in files if one.path.suffix in {".service", ".timer"}]
    told = subprocess.run([tool, "verify", *units], capture_output=True, text=True, check=False).stderr
    assert [line for line in told.splitlines() if "bouncelake" in line] == []
    security = [tool, "security", "--offline=yes", "--threshold=15", units[0]]
    assert subprocess.run(security, capture_output=True, check=False).returncode == 0


def test_command_prints_or_writes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """`--dry-run` shows every file and writes none; without it they are there and load as configuration."""
    machine(tmp_path, "var/log/mail.log")
    folder = tmp_path / "etc"
    assert run(["init", str(folder), "--root", str(tmp_path), "--dry-run"]) == 0
    shown = capfd.readouterr()
    assert [name for name in NAMES if f"==> {folder / name} <==" in shown.out] == list(NAMES)
    assert "found " in shown.err
    assert not folder.exists()
    assert run(["init", str(folder), "--root", str(tmp_path), "--lake", str(tmp_path / "lake")]) == 0
    assert load(folder / "bouncelake.toml", {}).lake == tmp_path / "lake"
    assert run(["init", str(folder), "--root", str(tmp_path)]) == 2
