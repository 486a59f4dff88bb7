"""The commands and the options before them."""

from typing import Annotated

import typer

from bouncelake.cli.check import check
from bouncelake.cli.doctor import doctor
from bouncelake.cli.explain import explain
from bouncelake.cli.ingest import ingest
from bouncelake.cli.init import init
from bouncelake.cli.lake import lake
from bouncelake.cli.output import write
from bouncelake.cli.query import query
from bouncelake.cli.report import CONTEXT, report
from bouncelake.cli.rules import rules
from bouncelake.cli.schema import schema
from bouncelake.cli.trace import trace

app = typer.Typer(
    name="bouncelake",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if not wanted:
        return
    from importlib.metadata import version

    from bouncelake import __version__

    engines = ", ".join(f"{name} {version(name)}" for name in ("polars", "duckdb", "pyarrow", "deltalake"))
    write(f"bouncelake {__version__} ({engines})\n".encode())
    raise typer.Exit


@app.callback()
def bouncelake(
    *,
    _wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show versions.")
    ] = False,
) -> None:
    """Read mail logs and say who refuses your mail, since when, why, and what to do about it."""


app.command()(ingest)
app.command(context_settings=CONTEXT)(report)
app.command()(check)
app.command()(query)
app.command()(explain)
app.command()(trace)
app.command()(schema)
app.command()(init)
app.command()(doctor)
app.add_typer(rules, name="rules")
app.add_typer(lake, name="lake")
