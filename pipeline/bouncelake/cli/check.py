"""`bouncelake check`: what changed for the worse, and where to tell it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bouncelake.cli import options
from bouncelake.cli.output import note

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bouncelake.cli.hooks import Hooks
    from bouncelake.config import Config
    from bouncelake.lake import Lake
    from bouncelake.reports import Page
    from bouncelake.rules import RuleSet
    from bouncelake.watch import Ask, Finding, Verdict


def check(  # noqa: PLR0913 - one for each option
    *,
    since: Annotated[str, typer.Option(help="Length of the window: 24h, 6h, 7d; it ends with what was read.")] = "24h",
    against: Annotated[str, typer.Option(help="Length of the past that it is compared with; 14d or more.")] = "28d",
    everything: Annotated[
        bool, typer.Option("--all", help="Show all that holds now, told before or not; remember and send nothing.")
    ] = False,
    greylisting: Annotated[bool, typer.Option("--greylisting", help="Count greylisting as refusal, too.")] = False,
    mail_to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Mail the findings there, if any.")] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="Post the findings there, if any.")] = None,
    textfile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write metrics for Prometheus' textfile collector.")
    ] = None,
    form: options.As = None,
    output: options.Output = None,
    lake: options.Lake = None,
    config: options.ConfigFile = None,
) -> None:
    """Say what is new, what rose, what stopped, and what may come; exit code 1 then, silence and 0 otherwise.

    The last 24 hours are compared with the same hours of the 28 days before. A finding is told once, and again when it
    changes. Under 14 days of history only what is urgent by itself is told, and the exit code is 0.
    """
    from bouncelake.cli import answers
    from bouncelake.cli.hooks import Hooks
    from bouncelake.errors import ExitCode
    from bouncelake.watch import ask

    asked = ask(since, against, greylisting=greylisting)
    settings = options.settings(lake, config)
    told = settings.check
    hooks = Hooks(mail_to or told.mail_to, webhook or told.webhook, textfile or told.textfile, told)
    run = _run(settings, asked)
    shown = run.shown(everything=everything)
    run.note(everything=everything)
    if shown or output is not None:
        answers.answer(run.page(shown), form, output, people=True)
    run.tell(hooks, shown, everything=everything)
    if shown and run.verdict.learning is None:
        raise typer.Exit(ExitCode.FINDINGS)


def _run(settings: "Config", asked: "Ask") -> "_Run":
    from bouncelake import rules
    from bouncelake.cli import answers
    from bouncelake.watch import Memory
    from bouncelake.watch import check as judged

    ruleset, opened, zone = rules.load(settings.rules), answers.opened(settings), answers.report_zone(settings)
    verdict = judged(opened, answers.frames(ruleset), asked, zone, answers.names(ruleset))
    return _Run(opened, ruleset, zone, Memory(opened.root).mark(verdict))


@dataclass(frozen=True, slots=True)
class _Run:
    """One check: the lake, the rules, and the verdict in which what was told before is marked."""

    lake: "Lake"
    rules: "RuleSet"
    zone: "ZoneInfo"
    verdict: "Verdict"

    def shown(self, *, everything: bool) -> "list[Finding]":
        """Return what this run tells."""
        return list(self.verdict.findings) if everything else self.verdict.news

    def page(self, shown: "list[Finding]") -> "Page":
        """Return the page for it."""
        from bouncelake.watch import page

        return page(self.verdict, shown, self.zone)

    def note(self, *, everything: bool) -> None:
        """Say what keeps findings back: a short past, or that they were told before and somebody watches."""
        from bouncelake.cli.output import is_terminal
        from bouncelake.watch import learning

        if self.verdict.learning is not None and not self.shown(everything=everything):
            note(learning(self.verdict))
        before = len(self.verdict.findings) - len(self.verdict.news)
        if before and not everything and is_terminal():
            note(f"{before} told before and not changed since: `bouncelake check --all` shows them")

    def tell(self, hooks: "Hooks", shown: "list[Finding]", *, everything: bool) -> None:
        """Write the metrics; send what is new, and remember it once that has gone well."""
        from bouncelake.render import Style, render
        from bouncelake.watch import Memory

        hooks.measure(self.verdict, {provider.id for provider in self.rules.providers})
        if everything or self.verdict.until is None:
            return
        if not shown or hooks.send(shown, render(self.page(shown), "table", Style(100)).decode()):
            try:
                Memory(self.lake.root).remember(self.verdict.findings, self.verdict.until)
            except OSError as error:
                note(f"{error.filename or self.lake.root}: cannot be written ({error.strerror}): told again next time")
