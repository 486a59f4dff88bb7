"""Writes lines of Exim's grammar, of several versions and selectors mixed, with what each must tell.

Each line comes as text after the stamp, and the columns that a reader must find in it; null columns are told too.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TLS = "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256"
COMMANDS = (
    ("initial connection", "connect"),
    ("EHLO mail.example.org", "helo"),
    ("MAIL FROM:<s@example.org> SIZE=4006", "mail"),
    ("RCPT TO:<{to}>", "rcpt"),
    ("DATA", "data"),
    ("end of data", "eod"),
)
REPLIES = (
    "550 5.1.1 no such user",
    "550-5.7.1 first\\n550-5.7.1 second\\n550 5.7.1 third: see https://example.net/?a=b",
    "451 4.7.1 => try ** later == R=x H=[192.0.2.1]: 550 no",
    "421 back\\slash \"quoted\" 'x' (y) [z]",
    "850 RUBBISH",
    "554",
)


def message_id(random: Random, version: int) -> str:
    """Return a message id of that version."""
    widths = (11, 4) if version >= 97 else (6, 2)
    part = ["".join(random.choice(BASE62) for _ in range(width)) for width in widths]
    return f"1xVbn{random.choice(BASE62)}-{part[0]}-{part[1]}"


def address(random: Random) -> tuple[str, str]:
    """Return a recipient as it is written on an outcome line, and as it is meant."""
    name = f"user{random.randrange(10**6)}"
    domain = f"d{random.randrange(99)}.example.com"
    return random.choice(
        (
            (f"{name}@{domain}", f"{name}@{domain}"),
            (f"{name}@{domain}", f"{name}@{domain}"),
            (f"{name}+tag=x@{domain}", f"{name}+tag=x@{domain}"),
            (f"{name.lower()}@{domain} <{name.title()}@{domain}>", f"{name.title()}@{domain}"),
            (f'a {name}@{domain} <"a {name}"@{domain}>', f'"a {name}"@{domain}'),
            (f"é{name}@{domain}", f"é{name}@{domain}"),
        )
    )


class Writer:
    """Writes lines of one version of Exim (minor number) with one choice of selectors."""

    def __init__(self, random: Random, version: int, *, full: bool) -> None:
        """Take the source of chance, the version and whether all selectors are on."""
        self.random = random
        self.version = version
        self.full = full

    def line(self) -> tuple[str, dict[str, Any]]:
        """Return a line and what it must tell."""
        queue_id = message_id(self.random, self.version)
        kind = self.random.choice(
            (self.delivered, self.bounced, self.deferred, self.attempt, self.waiting, self.expired)
        )
        text, told = kind()
        return f"{queue_id} {text}", {"queue_id": queue_id, **told}

    def server(self) -> tuple[str, dict[str, Any]]:
        """Return the server's fields and columns."""
        number = self.random.randrange(250)
        port, own = (":25", f" I=[192.0.2.7]:{self.random.randrange(9999)}") if self.full else ("", "")
        name = f"mx{number}.example.net"
        columns = {"remote_host": name, "remote_ip": f"203.0.113.{number}", "remote_port": 25 if self.full else None}
        columns["local_ip"] = "192.0.2.7" if self.full else None
        dnssec = " DS" if self.full and number % 2 else ""
        return f"H={name}{dnssec} [203.0.113.{number}]{port}{own}", columns

    def said(self, to: str) -> tuple[str, str, str]:
        """Return a server's answer in Exim's words, its stage, and the answer."""
        command, stage = self.random.choice(COMMANDS)
        pipelined = "pipelined " if stage in {"mail", "rcpt"} and self.random.random() < 0.3 else ""
        reply = self.random.choice(REPLIES)
        return f"SMTP error from remote mail server after {pipelined}{command.format(to=to)}: ", stage, reply

    def delivered(self) -> tuple[str, dict[str, Any]]:
        """Write a delivery."""
        written, to = address(self.random)
        server, columns = self.server()
        sender, times = (" F=<s@example.org> P=<s@example.org>", " QT=1m3s DT=0.5s") if self.full else ("", "")
        reply = self.random.choice(
            ("250 OK", "250 2.6.0 <a@b> Queued mail for delivery -> 250 2.1.5", 'say \\"x\\" == y')
        )
        size = " S=1400" if self.full else ""
        text = f'=> {written}{sender} R=dnslookup T=remote_smtp{size} {server} {TLS} CV=no C="{reply}"{times}'
        return text, {
            "event": "delivered", "recipient": to, "reply": reply.replace('\\"', '"'), "stage": "eod",
            "direction": "outbound", "final": True, **columns,
        }  # fmt: skip

    def bounced(self) -> tuple[str, dict[str, Any]]:
        """Write a failure in the version's own form."""
        written, to = address(self.random)
        server, columns = self.server()
        error, stage, reply = self.said(to)
        route = f"{written}{' F=<s@example.org>' if self.full else ''} R=dnslookup T=remote_smtp"
        late = " DT=0.5s" if self.full and self.version >= 94 else ""
        told = {
            "event": "bounced",
            "recipient": to,
            "reply": reply,
            "stage": stage,
            "final": True,
            "reply_by": "remote",
        }
        if self.version <= 84:
            host = f"host {columns['remote_host']} [{columns['remote_ip']}]: "
            return f"** {route}: {error}{host}{reply}{late}", told | columns | {"remote_port": None, "local_ip": None}
        separator = " : " if self.version >= 99 else ": "
        return f"** {route} {server} {TLS} CV=no{separator}{error}{reply}{late}", told | columns

    def deferred(self) -> tuple[str, dict[str, Any]]:
        """Write a deferral in the version's own form."""
        written, to = address(self.random)
        server, columns = self.server()
        error, stage, reply = self.said(to)
        number = self.random.choice((0, -44, -45, -46))
        told = {
            "event": "deferred",
            "recipient": to,
            "reply": reply,
            "stage": stage,
            "final": False,
            "reply_by": "remote",
        }
        told["source_class"] = f"defer ({number})"
        route = f"== {written} R=dnslookup T=remote_smtp defer ({number})"
        if self.version <= 84:
            host = f"host {columns['remote_host']} [{columns['remote_ip']}]: "
            return f"{route}: {error}{host}{reply}", told | columns | {"remote_port": None, "local_ip": None}
        return f"{route} {server}{' DT=7s' if self.full else ''}: {error}{reply}", told | columns

    def attempt(self) -> tuple[str, dict[str, Any]]:
        """Write the failure of one host."""
        server, columns = self.server()
        error, stage, reply = self.said("u@example.com")
        told = {"event": "attempt", "recipient": None, "reply": reply, "stage": stage, "final": False}
        if self.version <= 84:
            host = f"host {columns['remote_host']} [{columns['remote_ip']}]: "
            return f"{error}{host}{reply}", told | columns | {"remote_port": None, "local_ip": None}
        colon = " " if stage == "rcpt" and (self.full or self.version >= 99) else ": "
        return f"{server}{colon}{error}{reply}", told | columns

    def waiting(self) -> tuple[str, dict[str, Any]]:
        """Write that nothing was tried."""
        written, to = address(self.random)
        number = self.random.choice((-52, -53, -54))
        why = "retry time not reached for any host for 'example.com'"
        text = f"== {written} R=dnslookup T=remote_smtp defer ({number}){' DT=0.000s' if self.full else ''}: {why}"
        return text, {"event": "suspended", "recipient": to, "reply": why, "remote_ip": None, "final": False}

    def expired(self) -> tuple[str, dict[str, Any]]:
        """Write that time was up."""
        written, to = address(self.random)
        text = f"** {written}: retry timeout exceeded"
        return text, {"event": "expired", "recipient": to, "final": True, "remote_ip": None}


def lines(count: int, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield lines of all versions and both choices of selectors, mixed."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    writers = [Writer(random, version, full=full) for version in (80, 84, 89, 96, 97, 99) for full in (False, True)]
    for _ in range(count):
        yield random.choice(writers).line()
