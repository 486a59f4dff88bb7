"""`bouncelake trace`: the story of a message."""

from typing import TYPE_CHECKING, Annotated

import typer

from bouncelake.cli import options

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo


def trace(  # noqa: PLR0913 - one for each option
    term: Annotated[str, typer.Argument(metavar="ID|ADDRESS|DOMAIN|MESSAGE-ID", help="What is known of the message.")],
    *,
    since: Annotated[str | None, typer.Option(help="First instant to look at: 7d, today, 2026-11-01, ...")] = None,
    until: Annotated[str | None, typer.Option(help="First instant no longer looked at.")] = None,
    top: Annotated[int, typer.Option(help="At most so many messages, the newest.", min=1)] = 10,
    form: options.As = None,
    output: options.Output = None,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Tell all that the lake knows of a message, in the order of time, each step with the log's own line.

    Found by queue id, Message-ID, address, domain, or `message_key`. What happened to it before and after on other
    systems and under other ids (filters, forwards, bounces) is told with it.
    """
    from bouncelake import trace as tracing
    from bouncelake.cli import answers
    from bouncelake.cli.output import note

    settings = options.settings(lake, config)
    zone = answers.report_zone(settings)
    span = tracing.Span(_instant(since, zone), _instant(until, zone))
    story = tracing.trace(answers.opened(settings), term, span, top)
    if story.steps.is_empty():
        note(f"nothing in the lake names `{term}`: give a queue id, a Message-ID, an address or a domain")
    if not story.steps.is_empty() or form is not None or output is not None:
        answers.answer(tracing.page(story, zone), form, output, people=True)


def _instant(text: str | None, zone: "ZoneInfo") -> "datetime | None":
    from datetime import UTC, datetime

    from bouncelake.reports import instant

    return None if text is None else instant(text, zone, datetime.now(UTC))
