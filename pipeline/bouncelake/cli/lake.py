"""`bouncelake lake`: the lake itself."""

from typing import TYPE_CHECKING

import typer

from bouncelake.cli import options

if TYPE_CHECKING:
    import polars as pl

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


@lake.command()
def info(
    *,
    form: options.As = None,
    output: options.Output = None,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Show what the lake holds: rows, files, bytes and days per table, sources, and whose rules tagged it."""
    from bouncelake.cli import answers
    from bouncelake.lake.checked import last_check, rule_sets
    from bouncelake.lake.figures import figures
    from bouncelake.reports import Page, Prose, Table
    from bouncelake.rules import load

    settings = options.settings(lake, config)
    opened = answers.opened(settings)
    now, sets, check = load(settings.rules).version, rule_sets(opened), last_check(opened)
    tables, sources = figures(opened), opened.sources()
    facts = {
        "lake": str(opened.root),
        "sources": str(sources.height),
        "sources.finished": str(sources["finished"].sum()),
        "rules.now": now,
        "rules.checked": ", ".join(sets),
        "rules.checked_at": check.at.isoformat(timespec="seconds") if check else "",
    }
    told = f"Sources: {sources.height:,}, finished: {sources['finished'].sum():,}. {_rules_told(now, sets)}"
    page = Page(f"Lake {opened.root}", "", [Table(tables), Prose(told)], _listed(facts, tables))
    answers.answer(page, form, output)


def _rules_told(now: str, sets: list[str]) -> str:
    """Say in a sentence whether the lake's tags are those of the rules in use."""
    if set(sets) <= {now}:
        return f"All rows are checked against rule set {now}, the one in use."
    behind = ", ".join(one for one in sets if one != now)
    return (
        f"Rule set {now} is in use, but rows were last checked against {behind}: `bouncelake lake reclassify` gives"
        " them today's answers."
    )


def _listed(facts: dict[str, str], tables: "pl.DataFrame") -> "pl.DataFrame":
    """Return all of it as keys and values."""
    import polars as pl

    rows = list(facts.items())
    for table in tables.to_dicts():
        name = table.pop("table")
        rows += [(f"{name}.{key}", "" if value is None else str(value)) for key, value in table.items()]
    return pl.DataFrame(rows, schema={"key": pl.String, "value": pl.String}, orient="row")


@lake.command()
def reclassify(
    *,
    form: options.As = None,
    output: options.Output = None,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Tag the history again by the rules in use, without the logs, and show what moved.

    Only rows whose answer changes are touched. Run it after a change of the rules; again it changes nothing.
    """
    from bouncelake.classify import Classifier
    from bouncelake.cli import answers
    from bouncelake.cli.output import note
    from bouncelake.lake.reclassify import reclassify as retag
    from bouncelake.rules import load

    settings = options.settings(lake, config)
    ruleset = load(settings.rules)
    done = retag(answers.opened(settings), Classifier(ruleset))
    if done.changed or form is not None or output is not None:
        answers.table(done.moves, form, output)
    note(f"{done.changed:,} of {done.asked:,} events have another answer by rule set {ruleset.version}")
