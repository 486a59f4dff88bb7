"""`bouncelake ingest`: logs into the lake."""

import os
from typing import Annotated

import typer

from bouncelake.cli import options


def ingest(  # noqa: PLR0913 - one for each option
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, folders, globs; `-` is standard input.")
    ],
    *,
    mta: Annotated[
        str, typer.Option("--format", metavar="SYSTEM", help="auto, or one system: postfix, exim, ses, ...")
    ] = "auto",
    zone: Annotated[str | None, typer.Option(help="Time zone of lines that name none; else the machine's.")] = None,
    year: Annotated[
        int | None, typer.Option(help="Year of the first line, where lines name none.", min=1990, max=9999)
    ] = None,
    final: Annotated[
        bool, typer.Option("--final", help="The files grow no more: read a last line without its end.")
    ] = False,
    reread: Annotated[bool, typer.Option("--reread", help="Read known logs again and replace their rows.")] = False,
    engagement: Annotated[bool, typer.Option("--engagement", help="Keep opens and clicks too.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show the account of every log.")] = False,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Read logs into the lake, each line once, however often and under whatever name it is read.

    The account of all lines is shown on a terminal and with -v: lines = events + context + foreign + refused.
    """
    # Polars' threads wait for each other longer than they work here; the walk has its own second thread.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")

    from bouncelake.cli.accounts import show
    from bouncelake.cli.output import is_terminal
    from bouncelake.cli.progress import watched
    from bouncelake.errors import ExitCode
    from bouncelake.ingest import Options
    from bouncelake.ingest import ingest as walk

    settings = options.settings(lake, config)
    wanted = Options(format=mta, zone=zone, year=year, final=final, reread=reread, engagement=engagement)
    with watched(is_terminal("stderr")) as progress:
        outcome = walk(paths, settings, wanted, progress)
    show(outcome, verbose=verbose, terminal=is_terminal())
    if outcome.errors:
        raise typer.Exit(ExitCode.UNREADABLE if outcome.read else ExitCode.USAGE)
