"""The options that several commands share, each declared once."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bouncelake.config import Config


class Format(StrEnum):
    """The forms in which a command can answer."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    MD = "md"
    HTML = "html"


Lake = Annotated[
    Path | None,
    typer.Option("--lake", metavar="DIR", help="The lake; else $BOUNCELAKE_LAKE, the configuration, ./lake."),
]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The configuration file to read.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write to FILE, which appears whole or not at all."),
]
As = Annotated[
    Format | None,
    typer.Option("--format", help="Form of the answer; a table on a terminal, else csv.", show_default=False),
]


def settings(lake: Path | None = None, config: Path | None = None, **options: str | None) -> "Config":
    """Return the configuration with this command's options over it."""
    from bouncelake.config import load

    return load(config).with_options(lake=lake, **options)
