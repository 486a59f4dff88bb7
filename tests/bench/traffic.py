"""Writes the lines that Postfix logs about one message's life: taken in, filtered, tried, refused, bounced, removed."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.bench.headers import SECOND, STYLES, compact
from tests.bench.receivers import Receiver, Refusal, fill

WINDOW = 600 * SECOND
BASE52 = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
TLS = (
    "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
    " key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256"
)
RETRIES = tuple(minutes * 60 * SECOND for minutes in (5, 15, 35, 75))
INODES = 500  # few enough that short queue ids come again within a day


def base(number: int, digits: str, width: int) -> str:
    """Return the number in the positional system of these digits, padded to a width."""
    out = ""
    while number or len(out) < width:
        number, rest = divmod(number, len(digits))
        out = digits[rest] + out
    return out


def seconds(value: float) -> str:
    """Return a delay as Postfix writes it: two significant digits, whole seconds from ten on."""
    return f"{value:.0f}" if value >= 9.95 else f"{value:.2g}"


@dataclass
class Log:
    """Lines to come, in time order; counts by kind what has been written."""

    style: str = "rfc3164"
    host: str = "mx1"
    counts: Counter[str] = field(default_factory=Counter)
    _later: defaultdict[int, list[tuple[int, str, str]]] = field(default_factory=lambda: defaultdict(list))

    def put(self, at: int, kind: str, body: str) -> None:
        """Add a line `tag[pid]: text` at an instant in microseconds."""
        self._later[at // WINDOW].append((at, kind, body))

    def until(self, at: int | None) -> Iterator[str]:
        """Yield the lines of all windows that end before an instant; of all windows when it is None."""
        header = STYLES[self.style]
        for window in sorted(self._later):
            if at is not None and window >= at // WINDOW:
                break
            for stamp, kind, body in sorted(self._later.pop(window)):
                self.counts[kind] += 1
                yield header(stamp, self.host, body)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in the queue: what stays the same over all its attempts."""

    queue_id: str
    sender: str
    recipients: list[str]
    size: int
    born: int
    receiver: Receiver
    refusal: Refusal | None

    def host(self, number: int) -> str:
        """Return the receiver's n-th host as `name[ip]`."""
        name, ip = self.receiver.hosts[number % len(self.receiver.hosts)]
        return f"{name.replace('{domain}', self.recipients[0].rpartition('@')[2])}[{ip}]"


@dataclass
class Traffic:
    """Writes messages into a log; `expiring` is the share of messages refused for now that are never accepted."""

    log: Log
    random: Random
    long_ids: bool = False
    expiring: float = 0.12
    _made: int = 0

    def queue_id(self, at: int) -> str:
        """Return a queue id as Postfix makes it of the instant and an inode."""
        self._made += 1
        inode = 0x20000 + self._made % INODES
        if not self.long_ids:
            return f"{at % SECOND:05X}{inode:X}"
        return f"{base(at // SECOND, BASE52, 6)}{base(at % SECOND, BASE52, 4)}z{base(inode, BASE52[:51], 1)}"

    def message(
        self,
        at: int,
        sender: str,
        recipients: list[str],
        receiver: Receiver,
        *,
        refusal: Refusal | None = None,
        user: str = "app",
    ) -> None:
        """Write a message that an account submitted at an instant, with the refusal that it meets, if any."""
        put, bits = self.log.put, self.random.getrandbits(64)
        queue_id, size = self.queue_id(at), 900 + (bits >> 40) % 90_000
        client = f"{user}{bits % 3}.example.org[192.0.2.{20 + bits % 3}]"
        pid = 1000 + (bits >> 8) % 30000
        tag = f"postfix/submission/smtpd[{pid}]: "
        put(at - 40_000, "context", f"{tag}connect from {client}")
        if bits & 0x80:
            put(at - 20_000, "context", f"{tag}Anonymous TLS connection established from {client}: {TLS}")
        put(at, "client", f"{tag}{queue_id}: client={client}, sasl_method=PLAIN, sasl_username={user}")
        put(at + 9_000, "message_id", f"postfix/cleanup[{pid + 7}]: {queue_id}: message-id=<{bits:x}@outbound.example>")
        put(at + 10_000, "foreign", f"opendkim[771]: {queue_id}: DKIM-Signature field added (s=k1, d=outbound.example)")
        done = f"ehlo=2 starttls=1 auth=1 mail=1 rcpt={len(recipients)} data=1 quit=1 commands={7 + len(recipients)}"
        put(at + 60_000, "context", f"{tag}disconnect from {client} {done}")
        mail = Mail(queue_id, sender, recipients, size, at, receiver, refusal)
        self.deliver(self.filtered(mail) if bits & 0x1F0000 == 0 else mail)

    def filtered(self, mail: Mail) -> Mail:
        """Write a message's way through a content filter; return it as it was handed back."""
        put, at = self.log.put, mail.born + 1_200_000
        child, tag = self.queue_id(at), "postfix/10025/smtpd[990]: "
        self.active(mail.born + 30_000, mail)
        put(at - 10_000, "context", f"{tag}connect from localhost[127.0.0.1]")
        put(at, "client", f"{tag}{child}: client=localhost[127.0.0.1]")
        unique = self.random.getrandbits(64)
        put(at + 5_000, "message_id", f"postfix/cleanup[991]: {child}: message-id=<{unique:x}@outbound.example>")
        for n, to in enumerate(mail.recipients):
            reply = f"250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as {child}"
            relay = "relay=127.0.0.1[127.0.0.1]:10024, delay=1.2, delays=0.03/0/0.01/1.2"
            line = f"{mail.queue_id}: to=<{to}>, {relay}, dsn=2.0.0, status=sent ({reply})"
            put(at + 20_000 + n, "handover", f"postfix/amavis/smtp[992]: {line}")
        put(at + 22_000, "context", f"{tag}disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=1 quit=1")
        self.removed(at + 30_000, mail.queue_id)
        return Mail(child, mail.sender, mail.recipients, mail.size, at + 10_000, mail.receiver, mail.refusal)

    def active(self, at: int, mail: Mail) -> None:
        """Write that the queue manager took a message up."""
        what = f"from=<{mail.sender}>, size={mail.size}, nrcpt={len(mail.recipients)} (queue active)"
        self.log.put(at, "active", f"postfix/qmgr[300]: {mail.queue_id}: {what}")

    def removed(self, at: int, queue_id: str) -> None:
        """Write the end of a queue id."""
        self.log.put(at, "removed", f"postfix/qmgr[300]: {queue_id}: removed")

    def deliver(self, mail: Mail) -> None:
        """Write the attempts until the message is delivered, bounced or expired, and its removal."""
        at, refusal, chance = mail.born, mail.refusal, self.random.random
        soft = refusal is not None and refusal.soft
        for n in range(1 + int(chance() * 3.4) if soft else 0):
            self.active(at + 30_000, mail)
            if n and chance() < 0.25:
                self.suspended(at + 50_000, mail)
            else:
                self.attempt(at, mail, refusal)
            at += RETRIES[n] + int(chance() * 30 * SECOND)
        if soft and chance() < self.expiring:
            end = f"from=<{mail.sender}>, status=expired, returned to sender"
            self.log.put(at, "expired", f"postfix/qmgr[300]: {mail.queue_id}: {end}")
            self.bounce(at + 40_000, mail)
        else:
            self.active(at + 30_000, mail)
            self.attempt(at, mail, None if soft else refusal)
            if refusal is not None and not soft:
                self.bounce(at + 900_000, mail)
        self.removed(at + 1_000_000, mail.queue_id)

    def attempt(self, at: int, mail: Mail, refusal: Refusal | None) -> None:
        """Write one connection to a receiver: its TLS line or trouble with a first host, a record per recipient."""
        bits = self.random.getrandbits(40)
        host, tag = mail.host(bits), f"postfix/smtp[{2000 + (bits >> 8) % 60}]: "
        at += 100_000 + bits % 500_000
        if bits & 0xF0000 == 0 and len(mail.receiver.hosts) > 1:
            self.trouble(at - 40_000, tag, mail, mail.host(bits + 1))
        elif bits & 0x100000:
            established = f"Untrusted TLS connection established to {host}:25: {TLS}"
            self.log.put(at - 50_000, "context", f"{tag}{established}")
        kind = "sent" if refusal is None else "deferred" if refusal.soft else "bounced"
        dsn, delay, reason = refusal.dsn if refusal else "2.0.0", (at - mail.born) / SECOND, ""
        delays = f"delay={seconds(delay)}, delays={seconds(max(delay - 0.4, 0.03))}/0.01/0.11/0.28"
        for n, to in enumerate(mail.recipients):
            if refusal is None:
                reason = fill(mail.receiver.sent, self.random, at // SECOND, to, mail.sender)
            elif n == 0 or "{rcpt}" in refusal.text:
                reply = fill(refusal.text, self.random, at // SECOND, to, mail.sender)
                reason = f"host {host} said: {reply} (in reply to {refusal.stage})"
            record = f"{mail.queue_id}: to=<{to}>, relay={host}:25, {delays}, dsn={dsn}, status={kind} ({reason})"
            self.log.put(at + n, kind, f"{tag}{record}")

    def trouble(self, at: int, tag: str, mail: Mail, host: str) -> None:
        """Write that a first host failed, so that the next one is tried."""
        soft = next((r for r in mail.receiver.refusals if r.soft and r.stage == "MAIL FROM command"), None)
        if soft is None:
            self.log.put(at, "unreachable", f"{tag}connect to {host}:25: Connection timed out")
        else:
            reply = fill(soft.text, self.random, at // SECOND, mail.recipients[0], mail.sender)
            said = f"{mail.queue_id}: host {host} said: {reply} (in reply to {soft.stage})"
            self.log.put(at, "attempt", f"{tag}{said}")

    def suspended(self, at: int, mail: Mail) -> None:
        """Write the echoes of a destination that the queue manager does not try for now."""
        text, waited = mail.refusal.text if mail.refusal else "", (at - mail.born) // SECOND
        reply = fill(text, self.random, at // SECOND, mail.recipients[0], mail.sender)
        why = f"delivery temporarily suspended: host {mail.host(0)} refused to talk to me: {reply}"
        for n, to in enumerate(mail.recipients):
            head = f"{mail.queue_id}: to=<{to}>, relay=none, delay={waited}, delays={waited}/0.01/0/0.02"
            self.log.put(at + n, "suspended", f"postfix/error[1204]: {head}, dsn=4.7.0, status=deferred ({why})")

    def bounce(self, at: int, mail: Mail) -> None:
        """Write the bounce message that goes to our own sender."""
        put, child = self.log.put, self.queue_id(at)
        unique = f"<{compact(at // SECOND)}.{child}@mx1.example.org>"
        put(at, "message_id", f"postfix/cleanup[1300]: {child}: message-id={unique}")
        put(at + 4_000, "child", f"postfix/bounce[1301]: {mail.queue_id}: sender non-delivery notification: {child}")
        put(at + 5_000, "active", f"postfix/qmgr[300]: {child}: from=<>, size=3400, nrcpt=1 (queue active)")
        relay = "relay=mail.outbound.example[203.0.113.5]:25, delay=0.09, delays=0.01/0/0.04/0.04"
        sent = f"dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {at % SECOND:05X}{at % 7919:06X})"
        put(at + 90_000, "sent", f"postfix/smtp[1302]: {child}: to=<{mail.sender}>, {relay}, {sent}")
        self.removed(at + 95_000, child)
