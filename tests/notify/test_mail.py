"""Findings by mail: what the mail says, through sendmail and SMTP, and what log text cannot do to it."""

import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from bouncelake.errors import UsageError
from bouncelake.notify import Mailer, message
from tests.support.findings import HOSTILE, finding


def test_the_mail_says_the_first_finding_in_its_subject() -> None:
    """Subject, receiver, and headers that keep robots from answering."""
    mail = message([finding(), finding()], "the page\n", "ops@example.org, root", "check@example.org")
    assert mail["Subject"].startswith("ACT NOW: Google refuses mail since")
    assert mail["Subject"].endswith("(and 1 more)")
    assert mail["To"] == "ops@example.org, root"
    assert (mail["From"], mail["Auto-Submitted"]) == ("check@example.org", "auto-generated")
    assert mail.get_content() == "the page\n"


def test_log_text_cannot_add_a_header() -> None:
    """Line breaks in a finding become visible in the subject; the mail has no header that we did not write."""
    mail = message([finding(sentence=HOSTILE)], f"page {HOSTILE!r}\n", "ops@example.org")
    read = message_from_bytes(mail.as_bytes(), policy=default)
    assert "\\r\\n" in read["Subject"]
    assert "Bcc" not in read
    assert "\x1b" not in read["Subject"]


ODD = ("", "-f@example.org", "a b@example.org", "a@example.org\nBcc: x@example.com", "<a@example.org>", "x" * 400)


@pytest.mark.parametrize("address", ODD)
def test_odd_addresses_are_refused(address: str) -> None:
    """An address cannot be an option of sendmail or a second header."""
    with pytest.raises(UsageError, match="no mail address"):
        message([finding()], "page", address)


def script(tmp_path: Path, body: str) -> str:
    """Return the path of a program that stands for sendmail."""
    program = tmp_path / "sendmail"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return str(program)


def test_sendmail_gets_the_mail_and_the_receivers(tmp_path: Path) -> None:
    """The program reads the mail from its input and the receivers after `--`."""
    program = script(tmp_path, f'echo "$@" > {tmp_path}/args; cat > {tmp_path}/mail')
    Mailer(sendmail=program).send(message([finding()], "the page\n", "ops@example.org, root"))
    assert (tmp_path / "args").read_text() == "-i -- ops@example.org root\n"
    assert "the page" in (tmp_path / "mail").read_text()


def test_a_sendmail_that_fails_is_told(tmp_path: Path) -> None:
    """Its exit code and its words, made harmless."""
    program = script(tmp_path, "printf 'no \\033[31mroute' >&2; exit 75")
    with pytest.raises(UsageError, match=r"exit 75\): no \\x1b\[31mroute"):
        Mailer(sendmail=program).send(message([finding()], "page", "ops@example.org"))


def test_a_machine_without_sendmail_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message says which setting helps."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("bouncelake.notify.mail.PLACES", ())
    with pytest.raises(UsageError, match=r"set `check\.smtp`"):
        Mailer().send(message([finding()], "page", "ops@example.org"))


class Server:
    """An SMTP server on this machine that takes one mail, or refuses its receiver."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.lines: list[str] = []
        self._refuses = refuses
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Return HOST:PORT."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        client, _ = self._socket.accept()
        with client, client.makefile("rwb") as file:
            answer = b"220 test"
            data = False
            while answer:
                file.write(answer + b"\r\n")
                file.flush()
                line = file.readline().decode().rstrip("\r\n")
                while data and line != ".":
                    self.lines.append(line)
                    line = file.readline().decode().rstrip("\r\n")
                data = line.lower() == "data"
                answer = self._answer(line)

    def _answer(self, line: str) -> bytes:
        self.lines.append(line)
        verb = line.partition(" ")[0].lower()
        if verb == "rcpt" and self._refuses:
            return b"550 5.1.1 unknown"
        return {"data": b"354 go on", "": b"", "quit": b"221 bye"}.get(verb, b"250 ok")

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a server that takes mail."""
    made = Server()
    yield made
    made.close()


def test_smtp_takes_the_mail(server: Server) -> None:
    """The server gets sender, receiver and text."""
    Mailer(smtp=server.address).send(message([finding()], "the page\n", "ops@example.org", "check@example.org"))
    server.close()
    assert "rcpt TO:<ops@example.org>" in server.lines
    assert "the page" in server.lines


def test_a_refusing_server_is_told() -> None:
    """The answer of the server stands in the message."""
    server = Server(refuses=True)
    with pytest.raises(UsageError, match="did not take the mail"):
        Mailer(smtp=server.address).send(message([finding()], "page", "ops@example.org"))
    server.close()
