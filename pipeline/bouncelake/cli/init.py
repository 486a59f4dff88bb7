"""`bouncelake init`: the files that let this machine read its mail logs by itself."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bouncelake.machine import Machine


def init(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="Where to write; else where the configuration is looked for."),
    ] = None,
    *,
    lake: Annotated[Path | None, typer.Option("--lake", metavar="DIR", help="Where the lake is to be.")] = None,
    root: Annotated[Path, typer.Option("--root", metavar="DIR", help="Look for logs below DIR.")] = Path("/"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the files, write none.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Look which mail logs this machine has, and write a configuration, a systemd timer, a cron line for them.

    Nothing is started and nothing outside FOLDER is touched: what to do with the files is said at the end.
    """
    from bouncelake.cli.output import note, write
    from bouncelake.machine import look, planned, put
    from bouncelake.zone import machine_zone

    where = (folder or _folder()).absolute()
    machine = look(root)
    _tell(machine)
    files = planned(machine, where, (lake or _lake()).absolute(), _program(), machine_zone().key)
    if dry_run:
        write("\n".join(f"==> {one.path} <==\n{one.text}" for one in files).encode())
        return
    put(files, force=force)
    for one in files:
        note(f"wrote {one.path}")
    _next(where, systemd=machine.systemd and os.geteuid() == 0)


def _tell(machine: "Machine") -> None:
    from bouncelake.cli.output import note

    for log in machine.logs:
        barred = "" if log.readable else "; you may not read all of it"
        note(f"found {log.pattern}: {log.writer}; {log.files} file(s), {log.size / 1e6:,.1f} MB{barred}")
    if not machine.logs:
        other = "the systemd journal is read instead" if machine.journal else "name yours in the files"
        note(f"no mail log at the usual places: {other}")


def _next(where: Path, *, systemd: bool) -> None:
    from bouncelake.cli.output import note

    note(f"next: look at {where / 'bouncelake.toml'}, then `bouncelake doctor`")
    if systemd:
        note(f"then: systemctl link {where}/bouncelake.service {where}/bouncelake-check.service")
        note(f"      systemctl enable --now {where}/bouncelake.timer")
    else:
        note(f"then: see {where / 'bouncelake.cron'}")


def _folder() -> Path:
    """Return the folder of the configuration: the machine's for root, else the user's."""
    if os.geteuid() == 0:
        return Path("/etc/bouncelake")
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "bouncelake")


def _lake() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/bouncelake/lake")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share", "bouncelake", "lake")


def _program() -> str:
    return str(Path(shutil.which("bouncelake") or sys.argv[0]).absolute())
