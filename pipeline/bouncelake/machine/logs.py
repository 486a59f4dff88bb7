"""Looks for the mail logs of this machine, at the places where mail servers and their packages put them."""

import grp
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Pattern with all generations, the live file first by name; whose it is. `mail.info` and its sisters are copies.
PLACES = (
    ("var/log/mail.log*", "Postfix (Debian, Ubuntu) or any syslog"),
    ("var/log/maillog*", "Postfix (Red Hat, BSD) or any syslog"),
    ("var/log/mail", "syslog (SUSE)"),
    ("var/log/exim4/mainlog*", "Exim (Debian, Ubuntu)"),
    ("var/log/exim/main.log*", "Exim (Red Hat)"),
    ("var/log/exim_mainlog*", "Exim (cPanel)"),
    ("var/log/exim/mainlog*", "Exim"),
    ("var/log/pmta/acct*.csv", "PowerMTA"),
    ("var/log/kumomta/*", "KumoMTA"),
)
JOURNALS = ("var/log/journal", "run/log/journal")
ANYBODY = stat.S_IROTH


@dataclass(frozen=True, slots=True)
class Log:
    """A log with all its generations: the pattern that names them, whose it is, and who besides root may read it.

    `group` is the group whose members may read it, empty where everybody may, None where only root.
    """

    pattern: str
    writer: str
    files: int
    size: int
    readable: bool
    group: str | None


@dataclass(frozen=True, slots=True)
class Machine:
    """The logs of a machine, and whether it has a systemd journal and is run by systemd."""

    logs: list[Log]
    journal: bool
    systemd: bool


def look(root: Path = Path("/")) -> Machine:
    """Return what the machine has whose file system begins at that folder."""
    logs = [log for pattern, writer in PLACES if (log := _log(root, pattern, writer))]
    journal = any((root / one).is_dir() for one in JOURNALS)
    return Machine(logs, journal, (root / "run/systemd/system").is_dir())


def _log(root: Path, pattern: str, writer: str) -> Log | None:
    files = list(_files(root.glob(pattern)))
    if not files:
        return None
    readable = all(os.access(path, os.R_OK) for path, _ in files)
    size = sum(status.st_size for _, status in files)
    return Log(str(root / pattern), writer, len(files), size, readable, _group([status for _, status in files]))


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for path in sorted(paths):
        try:
            status = path.stat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            yield path, status


def _group(states: list[os.stat_result]) -> str | None:
    if all(one.st_mode & ANYBODY for one in states):
        return ""
    groups = {one.st_gid if one.st_mode & stat.S_IRGRP else 0 for one in states}
    if len(groups) != 1 or 0 in groups:
        return None
    try:
        return grp.getgrgid(groups.pop()).gr_name
    except KeyError:
        return None
