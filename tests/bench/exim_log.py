"""A deterministic generator of Exim main logs with a realistic mix of lines, for benchmarks and tests.

    python -m tests.bench.exim_log --lines 1000000 --seed 1 --selector default -o mainlog

prints to stderr how many lines of each kind it wrote. A message is three lines and more: in, out, completed; refusals
add attempt lines, deferrals, retries that are not due yet, and bounces. `--selector recommended` writes millisec, pid,
interfaces, senders and times too. All hosts and addresses are example ones; it begins on 2 March 2026, UTC.
"""

import argparse
import json
import sys
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.bench.receivers import OUR_IP, Receiver, Refusal, fill, load, ranked, zipf

SECOND = 1_000_000
WINDOW = 600 * SECOND
START = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * SECOND
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SENDERS = tuple(f"{name}@outbound.example" for name in ("news", "billing", "noreply", "shop"))
TLS = "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=yes"
RETRIES = tuple(minutes * 60 * SECOND for minutes in (15, 30, 60, 120))
COMMANDS = {
    "MAIL FROM command": "MAIL FROM:<{sender}> SIZE={size}",
    "RCPT TO command": "RCPT TO:<{rcpt}>",
    "end of DATA command": "end of data",
    "DATA command": "DATA",
}
SELECTORS = ("default", "recommended")


def base62(number: int, width: int) -> str:
    """Return the number in base 62, padded to a width."""
    out = ""
    while number or len(out) < width:
        number, rest = divmod(number, 62)
        out = BASE62[rest] + out
    return out


@dataclass
class Log:
    """Lines to come, in time order; counts by kind what has been written."""

    selector: str = "default"
    counts: Counter[str] = field(default_factory=Counter)
    _later: defaultdict[int, list[tuple[int, str, str]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def full(self) -> bool:
        """Return whether the lines tell all that the recommended selectors add."""
        return self.selector == "recommended"

    def put(self, at: int, kind: str, text: str, pid: int = 1) -> None:
        """Add a line at an instant in microseconds."""
        self._later[at // WINDOW].append((at, kind, f"[{pid}] {text}" if self.full else text))

    def until(self, at: int | None) -> Iterator[str]:
        """Yield the lines of all windows that end before an instant; of all windows when it is None."""
        for window in sorted(self._later):
            if at is not None and window >= at // WINDOW:
                break
            for stamp, kind, text in sorted(self._later.pop(window)):
                self.counts[kind] += 1
                yield f"{self._stamp(stamp)} {text}"

    def _stamp(self, at: int) -> str:
        second = datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return f"{second}.{at % SECOND // 1000:03d}" if self.full else second


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in the queue: what stays the same over all its attempts."""

    id: str
    sender: str
    recipients: list[str]
    size: int
    born: int
    receiver: Receiver
    refusal: Refusal | None
    pid: int

    def host(self, number: int) -> tuple[str, str]:
        """Return name and IP of the receiver's n-th host."""
        name, ip = self.receiver.hosts[number % len(self.receiver.hosts)]
        return name.replace("{domain}", self.recipients[0].rpartition("@")[2]), ip


@dataclass
class Traffic:
    """Writes messages into a log; ids have 23 characters from Exim 4.97 on, 16 before."""

    log: Log
    random: Random
    long_ids: bool = False

    def message_id(self, at: int, pid: int) -> str:
        """Return a message id as Exim makes it of the instant and a process id."""
        widths = (11, 4) if self.long_ids else (6, 2)
        return f"{base62(at // SECOND, 6)}-{base62(pid, widths[0])}-{base62(at % SECOND // 500, widths[1])}"

    def message(self, at: int, recipients: list[str], receiver: Receiver, refusal: Refusal | None) -> None:
        """Write a message that an account submitted at an instant, with the refusal that it meets, if any."""
        bits = self.random.getrandbits(64)
        pid, sender = 1000 + (bits >> 8) % 30_000, SENDERS[bits % 4]
        mail = Mail(
            self.message_id(at, pid), sender, recipients, 900 + (bits >> 40) % 90_000, at, receiver, refusal, pid
        )
        full = self.log.full
        own = f" I=[{OUR_IP}]:587" if full else ""
        names = f" from <{sender}> for {' '.join(recipients)}" if full else ""
        peer = f"H=app{bits % 3}.example.org (app.example.org) [192.0.2.{20 + bits % 3}]{own}"
        login = f"P=esmtpsa {TLS} A=plain:app S={mail.size} id={bits:x}@outbound.example"
        self.log.put(at, "<=", f"{mail.id} <= {sender} {peer} {login}{names}", pid)
        self.deliver(mail)

    def deliver(self, mail: Mail) -> None:
        """Write the attempts until the message is delivered, bounced or too old, and its end."""
        at, refusal, chance = mail.born, mail.refusal, self.random.random
        soft = refusal is not None and refusal.soft
        for n in range(1 + int(chance() * 3.4) if soft else 0):
            if n and chance() < 0.4:
                self.not_due(at + 200_000, mail)
            else:
                self.attempt(at, mail, refusal)
            at += RETRIES[n] + int(chance() * 30 * SECOND)
        if soft and chance() < 0.12:
            for to in mail.recipients:
                self.log.put(at, "expired", f"{mail.id} ** {to}: retry timeout exceeded", mail.pid)
            self.bounce(at + 40_000, mail)
        else:
            self.attempt(at, mail, None if soft else refusal)
            if refusal is not None and not soft:
                self.bounce(at + 900_000, mail)
        took = f" QT={(at - mail.born) / SECOND + 1:.3f}s" if self.log.full else ""
        self.log.put(at + 1_000_000, "Completed", f"{mail.id} Completed{took}", mail.pid)

    def attempt(self, at: int, mail: Mail, refusal: Refusal | None) -> None:
        """Write one connection to a receiver: a line per recipient, before them perhaps one of a host that failed."""
        bits, full = self.random.getrandbits(40), self.log.full
        (name, ip), at, pid = mail.host(bits), at + 100_000 + bits % 500_000, mail.pid + 9
        if bits & 0xF0000 == 0 and len(mail.receiver.hosts) > 1:
            other, address = mail.host(bits + 1)
            self.log.put(at - 40_000, "attempt", f"{mail.id} H={other} [{address}] Connection timed out", pid)
        port, own = (":25", f" I=[{OUR_IP}]:{40000 + bits % 20000}") if full else ("", "")
        server = f"R=dnslookup T=remote_smtp H={name} [{ip}]{port}{own}"
        sender, late = (f" F=<{mail.sender}>", " DT=0.311s") if full else ("", "")
        waited = f" QT={(at - mail.born) / SECOND:.3f}s{late}" if full else ""
        reply = fill(mail.receiver.sent, self.random, at // SECOND, mail.recipients[0], mail.sender)
        for n, to in enumerate(mail.recipients):
            if refusal is None:
                flag = "->" if n else "=>"
                text = f'{mail.id} {flag} {to}{sender} {server} {TLS} K C="{reply}"{waited}'
            else:
                text, flag = self.refused(at, mail, refusal, to, (f"{name} [{ip}]{port}", server, sender, late))
            self.log.put(at + n, flag, text, pid)

    def refused(
        self, at: int, mail: Mail, refusal: Refusal, to: str, parts: tuple[str, str, str, str]
    ) -> tuple[str, str]:
        """Return the line of a refused recipient and its flag; a temporary one is told for the host too."""
        host, server, sender, late = parts
        reply = fill(refusal.text, self.random, at // SECOND, to, mail.sender)
        code = reply[:3]
        reply = reply.replace(f" {code}-", f"\\n{code}-").replace(f" {code} ", f"\\n{code} ")
        command = COMMANDS.get(refusal.stage, "end of data").format(sender=mail.sender, size=mail.size, rcpt=to)
        why = f"SMTP error from remote mail server after {command}: {reply}"
        if not refusal.soft:
            return f"{mail.id} ** {to}{sender} {server} {TLS}: {why}{late}", "**"
        if not command.startswith("RCPT") and to == mail.recipients[0]:
            self.log.put(at - 1, "attempt", f"{mail.id} H={host}: {why}", mail.pid + 9)
        router, _, rest = server.partition(" H=")
        number = {"M": -45, "R": -44}.get(command[0], -46)
        return f"{mail.id} == {to} {router} defer ({number}) H={rest}{late}: {why}", "=="

    def not_due(self, at: int, mail: Mail) -> None:
        """Write that a queue run found nothing to do."""
        for to in mail.recipients:
            why = f"defer (-54): retry time not reached for any host for '{to.rpartition('@')[2]}'"
            self.log.put(at, "not due", f"{mail.id} == {to} R=dnslookup T=remote_smtp {why}", mail.pid)

    def bounce(self, at: int, mail: Mail) -> None:
        """Write the bounce message that goes to our own sender."""
        pid = mail.pid + 30
        child, full = self.message_id(at, pid), self.log.full
        names = f" from <> for {mail.sender}" if full else ""
        self.log.put(at, "<=", f"{child} <= <> R={mail.id} U=mail P=local S=3400{names}", pid)
        server = f"{' F=<>' if full else ''} R=dnslookup T=remote_smtp H=mail.outbound.example [203.0.113.5]"
        token = f"{at % SECOND:05X}{at % 7919:06X}"
        text = f'{child} => {mail.sender}{server} {TLS} K C="250 2.0.0 Ok: queued as {token}"'
        self.log.put(at + 90_000, "=>", text, pid)
        self.log.put(at + 95_000, "Completed", f"{child} Completed", pid)


def stranger(log: Log, random: Random, at: int) -> None:
    """Write what others do at our door: spam that is refused, scanners, queue runs."""
    bits = random.getrandbits(48)
    ip, pid = f"198.51.100.{bits % 250}", 1000 + (bits >> 8) % 30_000
    who = f"spam{bits % 1000}@sender.example.net"
    user = f"user{(bits >> 20) % 99}@mailbox.example.org"
    kinds = (
        ("rejected", f"H=(mail.example.net) [{ip}] F=<{who}> rejected RCPT <{user}>: {ip} is listed at dnsbl.example"),
        ("rejected", f"H=(x{bits % 9}.example.net) [{ip}] F=<{who}> temporarily rejected RCPT <{user}>: Greylisted"),
        ("login", f"plain authenticator failed for (laptop) [{ip}]: 535 Incorrect authentication data (set_id={user})"),
        ("context", f"no host name found for IP address {ip}"),
        ("context", f"SMTP connection from (mail.example.net) [{ip}] closed by QUIT"),
        ("context", f"no MAIL in SMTP connection from (x) [{ip}] D=0s C=EHLO,QUIT"),
        ("context", f"Start queue run: pid={pid}"),
        ("context", f"End queue run: pid={pid}"),
    )
    log.put(at, *kinds[(bits >> 30) % len(kinds)], pid)


def lines(log: Log, traffic: Traffic) -> Iterator[str]:
    """Yield endless lines in time order."""
    chance, border = traffic.random.random, START + WINDOW
    pairs = ranked(load())
    steps, at = zipf(len(pairs)), START + SECOND
    while True:
        at += int(chance() * 2 * 300_000)
        if chance() < 0.4:
            stranger(log, traffic.random, at)
        else:
            domain, receiver = pairs[bisect(steps, chance() * steps[-1])]
            count = 1 if chance() < 0.88 else 2 + int(chance() * 2)
            recipients = [f"user-{int(chance() * 1e6):06d}@{domain}" for _ in range(count)]
            refusal = receiver.refusal(chance()) if chance() < receiver.refused else None
            traffic.message(at, recipients, receiver, refusal)
        if at > border + SECOND:
            yield from log.until(border)
            border += WINDOW


def write(path: Path, count: int, seed: int, selector: str = "default", *, long_ids: bool = False) -> Counter[str]:
    """Write exactly that many lines and return how many of each kind they are."""
    log = Log(selector)
    traffic = Traffic(log, Random(f"{seed} exim"), long_ids)  # noqa: S311 - repeatable on purpose
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for _, line in zip(range(count), lines(log, traffic), strict=False))
    return log.counts


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Writes an Exim main log; the same seed gives the same bytes.")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--selector", choices=SELECTORS, default="default")
    parser.add_argument("--long-ids", action="store_true")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    counts = write(args.output, args.lines, args.seed, args.selector, long_ids=args.long_ids)
    json.dump(dict(sorted(counts.items())), sys.stderr)
    sys.stderr.write("\n")


if __name__ == "__main__":
    main()
