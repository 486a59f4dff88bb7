"""Writes the synthetic two-week sample log: a small sender's ordinary fortnight with one incident at Gmail.

    python -m tests.bench.story sample_logs/postfix-two-weeks/mail.log.gz

The same seed gives the same lines. On Monday 16 November 2026 a newsletter starts whose mail is not aligned with its
From domain: Gmail slows some of it with 421 4.7.32. On Wednesday 18 November at 09:40 the domain's DMARC policy becomes
`reject`: from then on Gmail refuses the newsletter with 550 5.7.26, while all other mail passes.
"""

import argparse
import gzip
from bisect import bisect
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from tests.bench.headers import SECOND
from tests.bench.receivers import Receiver, Refusal, load, ranked
from tests.bench.strangers import stranger
from tests.bench.traffic import Log, Traffic

FIRST = datetime(2026, 11, 10, tzinfo=UTC)
LAST = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
NEWSLETTER = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
POLICY = datetime(2026, 11, 18, 9, 40, tzinfo=UTC)
DAYTIME = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 17, 13, 15, 17, 16, 14, 11, 8, 6, 5, 4, 3, 2)
ORDINARY = frozenset({"5.1.1", "4.2.2", "5.5.0", "4.7.500", "4.2.0", "5.2.2"})
SENDERS = tuple(f"{name}@outbound.example" for name in ("billing", "noreply", "support"))
LINK = "https://support.google.com"
SLOWED = Refusal(
    weight=1,
    soft=True,
    stage="end of DATA command",
    dsn="4.7.32",
    text="421-4.7.32 Your email has been rate limited because the From: header (RFC5322)"
    " 421-4.7.32 in this message isn't aligned with either the authenticated SPF or DKIM"
    " 421-4.7.32 organizational domain. To learn more about DMARC alignment, visit"
    f" 421-4.7.32  {LINK}/a?p=dmarc-alignment"
    " 421-4.7.32 To learn more about Gmail requirements for bulk senders, visit"
    f" 421 4.7.32  {LINK}/a?p=sender-guidelines. {{gsmtp}} - gsmtp",
)
REFUSED = Refusal(
    weight=1,
    soft=False,
    stage="end of DATA command",
    dsn="5.7.26",
    text="550-5.7.26 Unauthenticated email from outbound.example is not accepted due to"
    " 550-5.7.26 domain's DMARC policy. Please contact the administrator of"
    " 550-5.7.26 outbound.example domain if this was a legitimate mail. To learn about"
    " 550-5.7.26 the DMARC initiative, go to"
    f" 550 5.7.26  {LINK}/mail/?p=DmarcRejection {{gsmtp}} - gsmtp",
)


@dataclass
class Story:
    """The fortnight's traffic, day by day."""

    traffic: Traffic
    random: Random
    pairs: list[tuple[str, Receiver]]
    steps: list[float]

    def day(self, day: datetime) -> None:
        """Write one day: ordinary mail, strangers, and the newsletter on working days since it began."""
        working = day.weekday() < 5
        for _ in range((120 if working else 40) + self.random.getrandbits(4)):
            self.ordinary(self.instant(day))
        for _ in range(30 + self.random.getrandbits(3)):
            stranger(self.traffic.log, self.random, micros(self.instant(day)))
        if working and day.date() >= NEWSLETTER.date():
            start = day + timedelta(hours=9, minutes=30)
            for n in range(90 + self.random.getrandbits(4)):
                self.newsletter(start + timedelta(seconds=45 * n + self.random.random() * 40))

    def instant(self, day: datetime) -> datetime:
        """Return a moment of the day, most often in office hours."""
        steps = list(accumulate(DAYTIME))
        hour = bisect(steps, self.random.random() * steps[-1])
        return day + timedelta(hours=hour, seconds=self.random.random() * 3599)

    def recipient(self) -> tuple[str, Receiver]:
        """Return an address and who receives for it."""
        domain, receiver = self.pairs[bisect(self.steps, self.random.random() * self.steps[-1])]
        return f"user-{self.random.getrandbits(11):04d}@{domain}", receiver

    def ordinary(self, at: datetime) -> None:
        """Write one message that an application sent; few are refused, for ordinary reasons."""
        to, receiver = self.recipient()
        refused = receiver.refusals and self.random.random() < receiver.refused / 4
        refusal = receiver.refusal(self.random.random()) if refused else None
        if at < LAST:
            sender = SENDERS[self.random.getrandbits(8) % len(SENDERS)]
            self.traffic.message(micros(at), sender, [to], receiver, refusal=refusal)

    def newsletter(self, at: datetime) -> None:
        """Write one newsletter; only Gmail minds that it is not aligned."""
        to, receiver = self.recipient()
        refusal = None
        if receiver.name == "google":
            refusal = REFUSED if at >= POLICY else SLOWED if self.random.random() < 0.15 else None
        self.traffic.message(
            micros(at), "offers@news.outbound.example", [to], receiver, refusal=refusal, user="newsletter"
        )


def calm(receiver: Receiver) -> Receiver:
    """Return the receiver without those refusals that would be incidents of their own."""
    kept = tuple(refusal for refusal in receiver.refusals if refusal.dsn in ORDINARY)
    return replace(receiver, refusals=kept, steps=tuple(accumulate(refusal.weight for refusal in kept)))


def micros(at: datetime) -> int:
    """Return an instant as microseconds since 1970."""
    return int(at.timestamp() * SECOND)


def tell(seed: int = 1) -> tuple[list[str], Counter[str]]:
    """Return the lines of the fortnight and how many of each kind they are."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    log = Log("iso", "mail1")
    pairs = ranked([calm(receiver) for receiver in load()])
    weights = accumulate(
        3 / rank if receiver.name == "google" else 1 / rank for rank, (_, receiver) in enumerate(pairs, 1)
    )
    story = Story(Traffic(log, random, long_ids=True, expiring=0), random, pairs, list(weights))
    for n in range((LAST - FIRST).days + 1):
        story.day(FIRST + timedelta(days=n))
    lines = list(log.until(None))
    return lines, log.counts


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Writes the synthetic two-week sample log, compressed.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    lines, _ = tell(args.seed)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    with args.output.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


if __name__ == "__main__":
    main()
