"""`bouncelake query`: SQL of one's own over the lake."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bouncelake.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

PROMPT = "bouncelake> "


def query(  # noqa: PLR0913 - one for each option
    sql: Annotated[
        str | None, typer.Argument(metavar="[SQL]", help="One SELECT; `-` reads it from standard input.")
    ] = None,
    *,
    timeout: Annotated[float, typer.Option(help="Seconds after which the query is ended.", min=0.1)] = 60.0,
    memory: Annotated[str, typer.Option(help="Memory that the query may take.")] = "1GB",
    form: options.As = None,
    output: options.Output = None,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Run one SELECT over the lake's tables and views; without SQL, ask for queries until the end of input.

    Tables and views: `bouncelake schema`. The query can neither write nor reach any other file.
    """
    from bouncelake import rules
    from bouncelake.cli import answers
    from bouncelake.sandbox import Limits
    from bouncelake.sandbox import query as run

    settings = options.settings(lake, config)
    opened, frames = answers.opened(settings), answers.frames(rules.load(settings.rules))
    limits = Limits(timeout, memory)
    zone = answers.report_zone(settings).key

    def ask(text: str) -> "pl.DataFrame":
        return run(opened, text, frames, zone, limits)

    if sql is None:
        return _prompt(ask)
    return answers.table(ask(sys.stdin.read() if sql == "-" else sql), form, output)


def _prompt(ask: "Callable[[str], pl.DataFrame]") -> None:
    from bouncelake.cli import answers
    from bouncelake.cli.output import is_terminal, note
    from bouncelake.errors import QueryError

    if is_terminal("stdin"):
        note("one SELECT per line; tables and views: `bouncelake schema`; Ctrl-D ends")
    while (line := _line()) is not None:
        if not line.strip():
            continue
        try:
            answers.table(ask(line), None, None)
        except QueryError as error:
            note(str(error))


def _line() -> str | None:
    from bouncelake.cli.output import is_terminal

    try:
        return input(PROMPT) if is_terminal("stdin") else input()
    except EOFError:
        return None
