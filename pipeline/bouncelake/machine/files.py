"""Writes what a machine needs to read its mail logs by itself: configuration, systemd units, cron line, logrotate."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path
from string import Template

from bouncelake.errors import UsageError
from bouncelake.machine.logs import Machine

# No log was found, and the journal holds the mail facility (2).
JOURNAL = "journalctl --quiet --output=json --since=-2d SYSLOG_FACILITY=2"
NAMES = (
    "bouncelake.toml",
    "bouncelake.service",
    "bouncelake-check.service",
    "bouncelake.timer",
    "bouncelake.cron",
    "bouncelake.logrotate",
)
_HOMES = ("/home/", "/root/")


@dataclass(frozen=True, slots=True)
class Written:
    """A file to write: where, and what."""

    path: Path
    text: str


def planned(machine: Machine, folder: Path, lake: Path, program: str, zone: str) -> list[Written]:
    """Return the files for a machine, each in that folder; `program` is how its units call bouncelake."""
    patterns = [log.pattern for log in machine.logs]
    by_journal = not patterns and machine.journal
    values = {
        "folder": str(folder),
        "lake": str(lake),
        "lake_toml": _toml(str(lake)),
        "zone": zone,
        "program": program,
        "paths": " ".join(patterns) or "/var/log/mail.log*",
        "logs": _listed(machine),
        "ingest": _ingest(program, folder, patterns, by_journal=by_journal),
        "shell": _shell(program, folder, patterns, by_journal=by_journal),
        "rights": _rights(machine, by_journal=by_journal),
        "home": "read-only" if program.startswith(_HOMES) or str(folder).startswith(_HOMES) else "yes",
    }
    return [Written(folder / name, Template(_template(name)).substitute(values)) for name in NAMES]


def put(files: Sequence[Written], *, force: bool) -> None:
    """Write the files; none is written if one is there already, unless `force` says to replace it."""
    there = [str(one.path) for one in files if one.path.exists()]
    if there and not force:
        raise UsageError(f"{', '.join(there)}: there already: look at `--dry-run`, or replace with `--force`")
    for one in files:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = one.path.with_name(f".{one.path.name}.new")
        temporary.write_text(one.text, encoding="utf-8")
        temporary.chmod(0o644)
        temporary.replace(one.path)


def _template(name: str) -> str:
    return (resources("bouncelake.machine") / "templates" / name).read_text(encoding="utf-8")


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _listed(machine: Machine) -> str:
    told = [f"#   {one.pattern}  ({one.writer}; {one.files} file(s), {one.size / 1e6:,.1f} MB)" for one in machine.logs]
    if machine.journal:
        told.append("#   the systemd journal")
    return "\n".join(told) or "#   none at the usual places"


def _shell(program: str, folder: Path, patterns: Sequence[str], *, by_journal: bool) -> str:
    """Return the command as a shell reads it."""
    call = f"{program} ingest --config {shlex.quote(str(folder / 'bouncelake.toml'))}"
    return f"{JOURNAL} | {call} -" if by_journal else f"{call} {' '.join(patterns) or '/var/log/mail.log*'}"


def _ingest(program: str, folder: Path, patterns: Sequence[str], *, by_journal: bool) -> str:
    """Return the command as systemd reads it: no shell, and `%` and `$` stand for themselves when doubled."""
    if by_journal:
        return f"/bin/sh -c '{_shell(program, folder, patterns, by_journal=True)}'"
    named = " ".join(f"'{pattern}'" for pattern in patterns) or "'/var/log/mail.log*'"
    call = f"{program} ingest --config {folder / 'bouncelake.toml'} {named}"
    return call.replace("%", "%%").replace("$", "$$")


def _rights(machine: Machine, *, by_journal: bool) -> str:
    """Return the lines by which an unprivileged service may read the logs, and nothing more."""
    if by_journal:
        return "SupplementaryGroups=systemd-journal"
    groups = sorted({log.group for log in machine.logs if log.group})
    lines = [f"SupplementaryGroups={' '.join(groups)}"] if groups else []
    if any(log.group is None for log in machine.logs):
        lines += ["# Some logs can be read by root only.", "AmbientCapabilities=CAP_DAC_READ_SEARCH"]
    allowed = "CAP_DAC_READ_SEARCH" if any(log.group is None for log in machine.logs) else ""
    return "\n".join([*lines, f"CapabilityBoundingSet={allowed}"])
