"""What an ingest says at its end: errors and notes on standard error, the account of the lines on standard output."""

from typing import TYPE_CHECKING

from bouncelake.cli.output import note, write

if TYPE_CHECKING:
    from bouncelake.ingest import Account, Outcome

COUNTS = ("lines", "events", "context", "foreign", "refused", "duplicates", "new")


def show(outcome: "Outcome", *, verbose: bool, terminal: bool) -> None:
    """Write what somebody wants to know; a run without trouble says nothing where nobody looks."""
    for error in outcome.errors:
        note(str(error))
    for text in outcome.notes:
        note(text)
    if verbose:
        _table(outcome)
    if verbose or terminal:
        write(f"{total(outcome)}\n".encode())


def total(outcome: "Outcome") -> str:
    """Return the account of all lines in one sentence."""
    sums = {name: sum(getattr(one, name) for one in outcome.accounts) for name in COUNTS}
    copies = f" ({sums['duplicates']:,} of the lines were copies)" if sums["duplicates"] else ""
    return (
        f"{sums['lines']:,} lines = {sums['events']:,} events + {sums['context']:,} context"
        f" + {sums['foreign']:,} foreign + {sums['refused']:,} refused{copies}; {sums['new']:,} new rows"
    )


def _table(outcome: "Outcome") -> None:
    if not outcome.accounts:
        return
    import polars as pl

    from bouncelake.render import Style, render
    from bouncelake.reports import Page, Table

    rows = pl.DataFrame([_row(one) for one in outcome.accounts])
    write(render(Page("Lines read", "", [Table(rows)], rows), "table", Style(100)))


def _row(account: "Account") -> dict[str, str | int]:
    return {"log": account.name} | {name: getattr(account, name) for name in COUNTS}
