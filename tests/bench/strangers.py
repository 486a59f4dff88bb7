"""Writes the lines of a mail server that no delivery of ours causes: scans, refused clients, other programs."""

from random import Random

from tests.bench.headers import SECOND
from tests.bench.receivers import OUR_IP
from tests.bench.traffic import Log


def stranger(log: Log, random: Random, at: int) -> None:
    """Write one visit by somebody who gets nothing delivered, or lines of another program."""
    bits = random.getrandbits(40)
    visits = (scan, refused, listed, guess, mailbox)
    visits[(bits >> 8) % len(visits)](log, at, f"198.51.100.{bits % 250 + 1}", bits >> 12)


def scan(log: Log, at: int, ip: str, bits: int) -> None:
    """Write a client that connects and leaves."""
    tag = f"postfix/smtpd[{bits % 30000 + 1000}]: "
    log.put(at, "context", f"{tag}connect from unknown[{ip}]")
    log.put(at + 900_000, "context", f"{tag}lost connection after EHLO from unknown[{ip}]")
    log.put(at + 900_050, "context", f"{tag}disconnect from unknown[{ip}] ehlo=1 commands=1")


def refused(log: Log, at: int, ip: str, bits: int) -> None:
    """Write a client that smtpd refuses."""
    tag, to = f"postfix/smtpd[{bits % 30000 + 1000}]: ", f"user{bits % 5000}@inbound.example"
    link = f"https://www.spamhaus.org/query/ip/{ip}"
    why = (
        f"550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table",
        f"554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; {link}",
        f"450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]",
    )[(bits >> 16) % 3]
    who = f"from=<x{bits % 999}@spam.example> to=<{to}> proto=ESMTP helo=<h{bits % 999}.spam.example>"
    log.put(at, "context", f"{tag}connect from unknown[{ip}]")
    log.put(at + 200_000, "rejected", f"{tag}NOQUEUE: reject: RCPT from unknown[{ip}]: {why}; {who}")
    log.put(at + 300_000, "context", f"{tag}disconnect from unknown[{ip}] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")


def listed(log: Log, at: int, ip: str, bits: int) -> None:
    """Write a client that postscreen refuses."""
    tag, peer = "postfix/postscreen[900]: ", f"[{ip}]:{bits % 60000 + 1024}"
    why = f"550 5.7.1 Service unavailable; client [{ip}] blocked using zen.spamhaus.org"
    who = f"from=<x{bits % 999}@spam.example>, to=<user{bits % 5000}@inbound.example>"
    log.put(at, "context", f"{tag}CONNECT from {peer} to [{OUR_IP}]:25")
    found = f"addr {ip} listed by domain zen.spamhaus.org as 127.0.0.4"
    log.put(at + 100_000, "context", f"postfix/dnsblog[901]: {found}")
    log.put(at + 200_000, "context", f"{tag}DNSBL rank 3 for {peer}")
    greeting = f"proto=ESMTP, helo=<h{bits % 999}.spam.example>"
    log.put(at + 300_000, "rejected", f"{tag}NOQUEUE: reject: RCPT from {peer}: {why}; {who}, {greeting}")
    log.put(at + 400_000, "context", f"{tag}DISCONNECT {peer}")


def guess(log: Log, at: int, ip: str, bits: int) -> None:
    """Write a client that guesses passwords."""
    tag, user = f"postfix/submission/smtpd[{bits % 30000 + 1000}]: ", f"user{bits % 5000}@inbound.example"
    failed = f"SASL LOGIN authentication failed: (reason unavailable), sasl_username={user}"
    log.put(at, "context", f"{tag}connect from unknown[{ip}]")
    log.put(at + 800_000, "sasl_failed", f"{tag}warning: unknown[{ip}]: {failed}")
    log.put(at + 900_000, "context", f"{tag}disconnect from unknown[{ip}] ehlo=1 auth=0/1 quit=1 commands=2/3")


def mailbox(log: Log, at: int, ip: str, bits: int) -> None:
    """Write lines of an IMAP server, which shares the log."""
    user, pid, session = f"user{bits % 5000}@inbound.example", bits % 30000, f"{bits:x}"
    login = f"user=<{user}>, method=PLAIN, rip={ip}, lip={OUR_IP}, mpid={pid}, TLS, session=<{session}>"
    log.put(at, "foreign", f"dovecot: imap-login: Login: {login}")
    bye = "Disconnected: Logged out in=1204 out=44512 deleted=0 expunged=0"
    log.put(at + 9 * SECOND, "foreign", f"dovecot: imap({user})<{pid}><{session}>: {bye}")
