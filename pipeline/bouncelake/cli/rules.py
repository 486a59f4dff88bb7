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
