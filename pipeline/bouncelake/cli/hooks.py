"""Where a check tells its findings beside standard output: mail, web hook, textfile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bouncelake.cli.output import note, write

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bouncelake.config import CheckConfig
    from bouncelake.watch import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Hooks:
    """The ways out that are wanted; None where one is not."""

    mail_to: str | None
    webhook: str | None
    textfile: Path | None
    settings: "CheckConfig"

    def send(self, findings: "Sequence[Finding]", text: str) -> bool:
        """Tell the findings everywhere; say on standard error where that failed, and answer whether all went well."""
        from bouncelake.errors import BouncelakeError

        done = True
        for way in self._ways(findings, text):
            try:
                way()
            except (BouncelakeError, OSError, ValueError) as error:
                note(f"the findings were not sent, the next check tells them again: {error}")
                done = False
        return done

    def measure(self, verdict: "Verdict", providers: "Collection[str]") -> None:
        """Write the metrics, whatever was found."""
        from bouncelake.notify import metrics

        if self.textfile is not None:
            write(metrics(verdict, datetime.now(UTC), providers), self.textfile)

    def _ways(self, findings: "Sequence[Finding]", text: str) -> Iterator[Callable[[], None]]:
        if self.mail_to:
            yield lambda: self._mail(findings, text, self.mail_to or "")
        if self.webhook:
            yield lambda: self._post(findings, self.webhook or "")

    def _mail(self, findings: "Sequence[Finding]", text: str, to: str) -> None:
        from bouncelake.notify import Mailer, message

        Mailer(self.settings.smtp, self.settings.sendmail).send(message(findings, text, to, self.settings.sender))

    def _post(self, findings: "Sequence[Finding]", url: str) -> None:
        from bouncelake.notify import payload, post

        post(url, payload(findings))
