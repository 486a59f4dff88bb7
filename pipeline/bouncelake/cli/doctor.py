"""`bouncelake doctor`: is everything set up so that the figures can be trusted?"""

from pathlib import Path
from typing import Annotated

import typer

from bouncelake.cli import options

ORDER = ("fix", "note", "ok")


def doctor(
    *,
    root: Annotated[Path, typer.Option("--root", metavar="DIR", help="Look for logs below DIR.")] = Path("/"),
    form: options.As = None,
    output: options.Output = None,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Check settings, logs, zones, clocks, gaps and lake, and say what to do; exit code 1 if something is wrong."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    import polars as pl

    from bouncelake.cli import answers
    from bouncelake.doctor import examine
    from bouncelake.errors import ExitCode
    from bouncelake.machine import look

    settings = options.settings(lake, config)
    found = sorted(examine(settings, look(root), datetime.now(UTC)), key=lambda one: ORDER.index(one.state))
    answers.table(pl.DataFrame([asdict(one) for one in found]), form, output, ("state", "check", "seen", "do"))
    if any(one.state == "fix" for one in found):
        raise typer.Exit(ExitCode.FINDINGS)
