"""`bouncelake report`: a shipped report over a period."""

from collections.abc import Sequence
from typing import Annotated

import typer

from bouncelake.cli import options

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}


def report(  # noqa: PLR0913 - one for each option
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The report; `--list` names them all.")] = "overview",
    *,
    since: Annotated[str | None, typer.Option(help="First instant: 7d, today, 2026-11-01, 3 days ago, ...")] = None,
    until: Annotated[str | None, typer.Option(help="First instant that no longer counts.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the reports and what they take.")] = False,
    form: options.As = None,
    output: options.Output = None,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Show a report: who refuses your mail, since when, why, and what to do.

    Each report takes parameters of its own, such as --provider google, --domain example.com, --ip 192.0.2.10, --top 5:
    `bouncelake report --list` shows them. Without --since it covers the 7 days up to the lake's newest event.
    """
    from bouncelake.cli import answers

    if listed:
        return _list(form, output)
    from bouncelake import rules
    from bouncelake.reports import Desk, Request, check_request, page

    values = _parameters(context.args)
    check_request(name, values)
    settings = options.settings(lake, config)
    ruleset = rules.load(settings.rules)
    request = Request(since, until, values, answers.report_zone(settings))
    desk = Desk(answers.opened(settings), answers.frames(ruleset), request)
    people = name == "overview"
    pictures = answers.chosen(form, output, people=people) is options.Format.HTML
    made = page(desk, name, answers.names(ruleset), pictures=pictures)
    return answers.answer(made, form, output, people=people)


def _parameters(arguments: Sequence[str]) -> dict[str, str]:
    """Return `--name value` and `--name=value` as a mapping."""
    from bouncelake.errors import UsageError

    values: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        option = rest.pop(0)
        name, equals, value = option.removeprefix("--").partition("=")
        if not option.startswith("--") or not name:
            raise UsageError(f"`{option}` is neither a parameter nor its value: write --NAME VALUE")
        if not equals and not rest:
            raise UsageError(f"`{option}` needs a value")
        values[name.replace("-", "_")] = value if equals else rest.pop(0)
    return values


def _list(form: options.Format | None, output: "options.Output") -> None:
    import polars as pl

    from bouncelake.cli import answers
    from bouncelake.reports import catalog

    rows = [
        {
            "report": one.name,
            "question": one.question,
            "parameters": " ".join(f"--{parameter.name.replace('_', '-')}" for parameter in one.parameters),
        }
        for one in catalog().values()
    ]
    answers.table(pl.DataFrame(rows), form, output)
