"""`bouncelake explain`: what a reply means, which rule says so, what to do."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bouncelake.cli import options

if TYPE_CHECKING:
    import polars as pl

    from bouncelake.reports import Page

GIVEN = ("text", "remote_host", "reply_code", "reply_enhanced", "provider", "stage")


def explain(
    reply: Annotated[
        str, typer.Argument(metavar="[REPLY | -]", help="The reply; `-` reads one per line, or JSON lines.")
    ] = "-",
    *,
    provider: Annotated[str | None, typer.Option(help="Whose reply it is, such as `google`.")] = None,
    form: options.As = None,
    output: options.Output = None,
    config: options.ConfigFile = None,
) -> None:
    """Say what a reply means, which rule says so, and what to do.

    `-` reads one reply per line, or JSON lines with `text`, `remote_host`, `reply_code`, `reply_enhanced`, and answers
    in the same order, one row each, with all tags.
    """
    from bouncelake import rules
    from bouncelake.classify import Classifier
    from bouncelake.classify import explain as told
    from bouncelake.cli import answers

    classifier = Classifier(rules.load(options.settings(None, config).rules))
    rows = told(_replies(reply, provider), classifier)
    page = _page(rows.to_dicts(), rows) if reply != "-" else None
    if page is None:
        return answers.table(rows, form, output)
    return answers.answer(page, form, output)


def _replies(reply: str, provider: str | None) -> "pl.DataFrame":
    import polars as pl

    lines = [line.rstrip("\r\n") for line in _input()] if reply == "-" else [reply]
    rows = [_given(line, number) for number, line in enumerate(lines, start=1)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(GIVEN, pl.String))
    return frame.with_columns(provider=pl.coalesce("provider", pl.lit(provider, pl.String)))


def _input() -> Iterator[str]:
    """Yield the lines of standard input; a byte that is no UTF-8 becomes visible instead of ending the run."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "backslashreplace")


def _given(line: str, number: int) -> dict[str, str | None]:
    from bouncelake.errors import UsageError

    if not line.startswith("{"):
        return {"text": line}
    try:
        values: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"standard input, line {number}: not valid JSON: {error}") from None
    return {name: _text(values.get(name)) for name in GIVEN}


def _text(value: object) -> str | None:
    """Return a JSON value as text; lone surrogates, which no table can hold, become visible."""
    return None if value is None else str(value).encode("utf-8", "backslashreplace").decode()


def _page(rows: list[dict[str, Any]], data: "pl.DataFrame") -> "Page":
    from bouncelake.reports import Finding, Page, Tone

    row = rows[0]
    facts = [
        ("do", row["remedy"]),
        ("reason", f"{row['reason']} ({row['category']})"),
        ("spam", row["spam_signal"]),
        ("bounce", row["bounce"]),
        ("owner", row["owner"]),
        ("provider", row["provider"]),
        ("blames", row["blamed"]),
        ("listed by", row["listed_by"]),
        (
            "rule",
            f"{row['rule']} (matched by {row['matched_by']})" if row["rule"] else None,
        ),
        ("see", row["doc"]),
    ]
    severity = row["severity"] or 0
    tone: Tone = "bad" if severity >= 5 else "warn" if severity >= 3 else "plain"
    meaning = row["meaning"] or "No rule knows this reply."
    finding = Finding(f"SEVERITY {severity}", tone, meaning, [(label, value) for label, value in facts if value])
    return Page(row["text"], "", [finding], data)
