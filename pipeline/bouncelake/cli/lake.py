"""`bouncelake lake`: the lake itself."""

import typer

from bouncelake.cli import options

lake = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the lake.")


@lake.callback()
def _lake() -> None:
    """Look after the lake."""


@lake.command()
def views(*, output: options.Output = None, lake: options.Lake = None, config: options.ConfigFile = None) -> None:
    """Print the SQL that makes all tables and views of the lake in a plain DuckDB shell.

    Use it as `bouncelake lake views > views.sql; duckdb -init views.sql`, and again after each ingest.
    """
    from bouncelake.cli import answers
    from bouncelake.cli.output import write
    from bouncelake.reports import parameters_view
    from bouncelake.rules import load
    from bouncelake.sandbox.views import frame_view, script

    settings = options.settings(lake, config)
    told = [frame_view(name, frame) for name, frame in load(settings.rules).frames().items()]
    text = script(answers.opened(settings), [parameters_view(), *told])
    write(text.encode(), output)
