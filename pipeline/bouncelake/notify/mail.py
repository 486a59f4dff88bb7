"""Findings by mail: through the machine's sendmail, or an SMTP server that takes our mail."""

import os
import shutil
import smtplib
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from bouncelake.errors import UsageError
from bouncelake.render import visible
from bouncelake.watch import Finding

PLACES = ("/usr/sbin", "/usr/lib", "/usr/local/sbin")
SECONDS = 30
LONGEST_SUBJECT = 150
LONGEST_ADDRESS = 320


@dataclass(frozen=True, slots=True)
class Mailer:
    """How mail leaves: `smtp` is HOST or HOST:PORT, without it the sendmail program is run."""

    smtp: str | None = None
    sendmail: str | None = None

    def send(self, mail: EmailMessage) -> None:
        """Hand the mail over; raises OSError or UsageError when nobody takes it."""
        receivers = [address.strip() for address in str(mail["To"]).split(",")]
        if self.smtp is None:
            self._run(mail, receivers)
        else:
            self._talk(mail, receivers, self.smtp)

    def _run(self, mail: EmailMessage, receivers: Sequence[str]) -> None:
        path = os.pathsep.join([os.environ.get("PATH", ""), *PLACES])
        program = self.sendmail or shutil.which("sendmail", path=path)
        if program is None:
            raise UsageError("no sendmail program is on this machine: set `check.smtp` in the configuration")
        done = subprocess.run(
            [program, "-i", "--", *receivers], input=mail.as_bytes(), capture_output=True, timeout=SECONDS, check=False
        )
        if done.returncode:
            told = visible(done.stderr.decode("utf-8", "replace").strip()[:200])
            raise UsageError(f"{program} did not take the mail (exit {done.returncode}): {told}")

    def _talk(self, mail: EmailMessage, receivers: Sequence[str], server: str) -> None:
        host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
        try:
            with smtplib.SMTP(host.strip("[]"), int(port or 25), timeout=SECONDS) as client:
                client.send_message(mail, to_addrs=receivers)
        except smtplib.SMTPException as error:
            raise UsageError(f"{server} did not take the mail: {visible(str(error))[:200]}") from None


def message(findings: Sequence[Finding], text: str, to: str, sender: str | None = None) -> EmailMessage:
    """Return the mail that tells of these findings; `text` is the page as plain text."""
    mail = EmailMessage(policy=SMTP.clone(linesep="\n"))
    mail["From"] = address(sender or f"bouncelake@{socket.getfqdn()}")
    mail["To"] = ", ".join(address(one) for one in to.split(","))
    mail["Subject"] = subject(findings)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain="bouncelake.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="quoted-printable")
    return mail


def subject(findings: Sequence[Finding]) -> str:
    """Return the first finding in short, and how many there are beside it."""
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    words = visible(f"{first.label}: {first.sentence}")
    room = LONGEST_SUBJECT - len(more)
    return (words if len(words) <= room else f"{words[: room - 3]}...") + more


def address(text: str) -> str:
    """Return a mail address that cannot act as an option or a second header.

    >>> address(" ops@example.org ")
    'ops@example.org'
    """
    word = text.strip()
    odd = not word or word.startswith("-") or len(word) > LONGEST_ADDRESS
    if odd or any(not one.isprintable() or one.isspace() or one in '<>",;()' for one in word):
        raise UsageError(f"`{visible(text)}` is no mail address")
    return word
