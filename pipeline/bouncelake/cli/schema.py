"""`bouncelake schema`: the tables and views, and what each column means."""

from typing import Annotated

import typer

from bouncelake.cli import options


def schema(
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="A table or view; all tables without it.")] = None,
    *,
    form: options.As = None,
    output: options.Output = None,
) -> None:
    """Show the tables and views, or the columns of one with type, meaning and privacy class."""
