"""The receiving providers of generated logs: who they are, which hosts they have, and what they answer."""

import tomllib
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.headers import iso_second

OUR_IP = "192.0.2.10"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to refuse: the reply's template, the stage it comes at, and whether Postfix tries again."""

    weight: float
    soft: bool
    stage: str
    dsn: str
    text: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """A provider: its hosts, its answer to accepted mail, and its refusals with the share of messages that meet one."""

    name: str
    domains: tuple[str, ...]
    hosts: tuple[tuple[str, str], ...]
    sent: str
    refused: float
    refusals: tuple[Refusal, ...]
    steps: tuple[float, ...]

    def refusal(self, chance: float) -> Refusal:
        """Return the refusal that a number between 0 and 1 picks by weight."""
        return self.refusals[bisect(self.steps, chance * self.steps[-1])]


def load() -> list[Receiver]:
    """Return all receivers of `receivers.toml`."""
    table = tomllib.loads(Path(__file__).with_name("receivers.toml").read_text("utf-8"))
    return [_receiver(row) for row in table["receiver"]]


def _receiver(row: dict[str, Any]) -> Receiver:
    refusals = tuple(Refusal(**refusal) for refusal in row["refusal"])
    return Receiver(
        name=row["name"],
        domains=tuple(row["domains"]),
        hosts=tuple((name, ip) for name, ip in row["hosts"]),
        sent=row["sent"],
        refused=row["refused"],
        refusals=refusals,
        steps=tuple(accumulate(refusal.weight for refusal in refusals)),
    )


def ranked(receivers: list[Receiver]) -> list[tuple[str, Receiver]]:
    """Return every domain with its receiver, most used first: each receiver's first domain, then each one's second."""
    columns = ([(domain, receiver) for domain in receiver.domains] for receiver in receivers)
    return [pair for rank in zip_longest(*columns) for pair in rank if pair]


def zipf(count: int, exponent: float = 1.1) -> list[float]:
    """Return the cumulated weights 1/k^exponent of `count` ranks."""
    return list(accumulate(1 / rank**exponent for rank in range(1, count + 1)))


def fill(text: str, random: Random, epoch: int, recipient: str, sender: str) -> str:
    """Return a reply template with its marks filled; unique tokens have the provider's own form."""
    if "{" not in text:
        return text
    a, b = random.getrandbits(48), random.getrandbits(48)
    when = f"{iso_second(epoch)}.{a % 1000:03d}Z"
    return text.format(
        ip=OUR_IP,
        rcpt=recipient,
        domain=recipient.rpartition("@")[2],
        sender_domain=sender.rpartition("@")[2],
        epoch=epoch,
        gsmtp=f"{a:012x}-{b:012x}si{a % 9_000_000 + 1_000_000}{b % 4096:03x}.{a % 400}",
        ms=f"DB{a % 90 + 10}EPF{b:08X}.eurprd{a % 90 + 10}.prod.outlook.com {when} {b:016X}",
        hex=f"{a:012x}{b:012x}",
        id=f"{a % 0x100000:05X}{b % 0x1000000:06X}",
        number=a,
    )
