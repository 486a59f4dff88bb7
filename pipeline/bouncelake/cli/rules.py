"""`bouncelake rules`: the rules that say what replies mean."""

from typing import Annotated

import typer

from bouncelake.cli import options

rules = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, show and check the rules.")


@rules.command("list")
def listed(*, form: options.As = None, output: options.Output = None, config: options.ConfigFile = None) -> None:
    """List all rules: what each means and what to do."""
    from bouncelake.cli import answers
    from bouncelake.rules import load

    shown = load(options.settings(None, config).rules).remedies()
    answers.table(shown, form, output, ("rule", "severity", "meaning", "remedy"))


@rules.command()
def show(
    rule: Annotated[str, typer.Argument(metavar="ID", help="Id of the rule, as in `events.rule`.")],
    *,
    form: options.As = None,
    output: options.Output = None,
    config: options.ConfigFile = None,
) -> None:
    """Show one rule: its conditions, its tags, its examples, and where it stands."""
    import polars as pl

    from bouncelake.cli import answers
    from bouncelake.errors import UsageError
    from bouncelake.rules import load

    known = load(options.settings(None, config).rules).by_id
    if rule not in known:
        raise UsageError(f"no rule has the id `{rule}`: `bouncelake rules list` names all {len(known)}")
    values = known[rule].model_dump(mode="json").items()
    rows = [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in values
        if value not in (None, [], "")
    ]
    answers.table(pl.DataFrame(rows, schema=["key", "value"], orient="row"), form, output)


@rules.command()
def lint(*, form: options.As = None, output: options.Output = None, config: options.ConfigFile = None) -> None:
    """Check the rules, shipped and your own, for dead, shadowed and ambiguous ones; exit code 2 if any is wrong."""
    from dataclasses import asdict

    import polars as pl

    from bouncelake.cli import answers
    from bouncelake.errors import ExitCode
    from bouncelake.rules import lint as check
    from bouncelake.rules import load

    found = check(load(options.settings(None, config).rules))
    if found:
        answers.table(pl.DataFrame([asdict(one) for one in found]), form, output)
        raise typer.Exit(ExitCode.USAGE)


@rules.command("test")
def tried(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A log, or one reply per line, or JSON lines.")],
    *,
    top: Annotated[int, typer.Option(help="Rows of each table that people see.", min=1)] = 20,
    form: options.As = None,
    output: options.Output = None,
    config: options.ConfigFile = None,
) -> None:
    """Tag a log of any known format, or a list of replies, and show what matched, why, and what did not.

    Nothing is kept. For machines there is one row per template and answer.
    """
    from bouncelake import coverage
    from bouncelake.classify import Classifier
    from bouncelake.cli import answers
    from bouncelake.rules import load

    settings = options.settings(None, config)
    rows = coverage.tried(file, settings, Classifier(load(settings.rules)))
    name = "Standard input" if file == "-" else file
    answers.answer(coverage.page(f"{name}: what the rules say", rows, top), form, output)


@rules.command()
def unmatched(  # noqa: PLR0913 - one for each option
    *,
    top: Annotated[int, typer.Option(help="At most so many templates.", min=1)] = 20,
    codes: Annotated[bool, typer.Option("--codes", help="Also those whose code alone was understood.")] = False,
    form: options.As = None,
    output: options.Output = None,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Show the replies in the lake that no rule explains, by number, each with the beginning of a rule to paste.

    People see TOML to paste into a file of their own rules.
    """
    from bouncelake import coverage
    from bouncelake.classify import Classifier
    from bouncelake.cli import answers
    from bouncelake.cli.output import note, write
    from bouncelake.rules import load

    settings = options.settings(lake, config)
    rows = coverage.unmatched(answers.opened(settings), Classifier(load(settings.rules)), top, codes=codes)
    if rows.is_empty():
        note("the rules explain every refusal in the lake")
    if answers.chosen(form, output) is not options.Format.TABLE:
        return answers.table(rows, form, output)
    return write(coverage.pasted(rows).encode(), output)
