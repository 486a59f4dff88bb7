"""What the alarm has to say: findings, each a sentence that a person can act on, and the facts under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bouncelake.reports import Tone
from bouncelake.watch.incidents import Kind

RANKS = ("NOTE", "UNKNOWN", "WATCH", "ACT TODAY", "ACT NOW")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One trouble. `scope` says where (`receiver`, `domain`, `ip`, `sender`, `host`), `topic` what it is about.

    `refused` of `answered` recipients are those of the window; for what has stopped they are 0 of what is usual.
    `since` is when it began, to the minute; `facts` are what stands under the sentence, `query` proves it.
    """

    kind: Kind
    label: str
    tone: Tone
    severity: int
    scope: Mapping[str, str]
    topic: str
    reasons: Sequence[str]
    since: datetime
    last: datetime
    refused: int
    answered: int
    usual: float | None
    chance: float | None
    sentence: str
    facts: Sequence[tuple[str, str]]
    reply: str | None
    remedy: str
    query: str
    told: bool = False

    @property
    def rank(self) -> int:
        """Return how urgent the label is; the higher the more."""
        return RANKS.index(self.label)

    @property
    def share(self) -> float:
        """Return the refused share."""
        return self.refused / self.answered if self.answered else 0.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many recipients a provider answered and refused in the window."""

    provider: str
    answered: int
    refused: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: all findings, those told before marked; `learning` while the past is too short."""

    until: datetime | None
    since: timedelta
    findings: Sequence[Finding]
    learning: timedelta | None = None
    traffic: Sequence[Traffic] = field(default_factory=tuple)

    @property
    def news(self) -> list[Finding]:
        """Return the findings that were not told before, or have changed since."""
        return [one for one in self.findings if not one.told]
