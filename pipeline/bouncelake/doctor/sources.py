"""The logs of the machine: may they be read, and are they in the lake?"""

from collections.abc import Iterator
from fnmatch import fnmatch

from bouncelake.doctor.advice import Advice
from bouncelake.lake import Lake
from bouncelake.machine import Log, Machine


def sources(machine: Machine, lake: Lake | None) -> Iterator[Advice]:
    """Yield one advice for each log at the usual places."""
    known = set() if lake is None else set(lake.sources()["source_name"])
    for log in machine.logs:
        yield _log(log, known)
    if not machine.logs:
        journal = "; the systemd journal is there: `journalctl -o json SYSLOG_FACILITY=2 | bouncelake ingest -`"
        yield Advice(
            "logs", "note", "no mail log at the usual places", "name yours to `ingest`" + journal * machine.journal
        )


def _log(log: Log, known: set[str]) -> Advice:
    seen = f"{log.pattern}: {log.writer}, {log.files} file(s), {log.size / 1e6:,.1f} MB"
    if not log.readable:
        group = f"the group {log.group}" if log.group else "root"
        return Advice("logs", "fix", f"{seen}; not all of it may be read", f"run as a member of {group}")
    if not any(fnmatch(name, log.pattern) for name in known):
        return Advice("logs", "note", f"{seen}; never read", f"`bouncelake ingest '{log.pattern}'`")
    return Advice("logs", "ok", seen)
