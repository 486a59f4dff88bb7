"""What the reporting commands share: the lake to read, its frames, and how an answer leaves the process."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bouncelake.cli.options import Format
from bouncelake.cli.output import is_terminal, wants_colour, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    import polars as pl

    from bouncelake.config import Config
    from bouncelake.lake import Lake
    from bouncelake.render import Style
    from bouncelake.reports import Page
    from bouncelake.rules import RuleSet

NARROW, WIDE, MAIL = 80, 140, 100


def opened(config: "Config") -> "Lake":
    """Return the configured lake."""
    from bouncelake.lake import Lake

    return Lake.open(config.lake)


def frames(ruleset: "RuleSet") -> "Mapping[str, pl.DataFrame]":
    """Return the tables that come from the rules, not from the lake."""
    return ruleset.frames()


def names(ruleset: "RuleSet") -> dict[str, str]:
    """Return how people call each provider."""
    return {provider.id: provider.name for provider in ruleset.providers}


def report_zone(config: "Config") -> "ZoneInfo":
    """Return the zone whose days the reports count."""
    from bouncelake.zone import machine_zone, zone_named

    return zone_named(config.report.zone) if config.report.zone else machine_zone()


def style(output: Path | None) -> "Style":
    """Return the width and colour that fit where the text goes."""
    from bouncelake.render import Style

    if output is not None or not is_terminal():
        return Style(MAIL)
    return Style(max(NARROW, min(WIDE, shutil.get_terminal_size().columns)), wants_colour())


def answer(page: "Page", form: Format | None, output: Path | None, *, people: bool = False) -> None:
    """Write a page: as asked, else as a table where a person reads it (or the page is for `people`), else as csv."""
    from bouncelake.render import render

    write(render(page, chosen(form, output, people=people).value, style(output)), output)


def chosen(form: Format | None, output: Path | None, *, people: bool = False) -> Format:
    """Return the form that was asked for, by name or by the file's ending, or the one that fits who reads it."""
    seen = people or (output is None and is_terminal())
    return form or _by_name(output) or (Format.TABLE if seen else Format.CSV)


def table(
    rows: "pl.DataFrame", form: Format | None, output: Path | None, people: "Sequence[str] | None" = None
) -> None:
    """Write rows that are no report; people see all of the columns, or those that `people` names."""
    from bouncelake.reports import Page, Table

    shown = rows if people is None else rows.select(people)
    answer(Page("", "", [Table(shown)], rows), form, output)


def _by_name(output: Path | None) -> Format | None:
    ending = output.suffix.lstrip(".").lower() if output else ""
    return Format(ending) if ending in {one.value for one in Format} else None
