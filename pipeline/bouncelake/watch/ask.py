"""What is asked of the alarm: how long the window is, and how long the past that it is compared with."""

from dataclasses import dataclass
from datetime import timedelta

from bouncelake.errors import UsageError

DAY = timedelta(days=1)
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=28)
HISTORY = timedelta(days=14)
FEWEST_SLOTS = 4
UNITS = {"w": timedelta(weeks=1), "d": DAY, "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@dataclass(frozen=True, slots=True)
class Ask:
    """The lengths of window and past; `greylisting` says that put-off first contacts count as refusals, too."""

    since: timedelta = DAY
    against: timedelta = timedelta(days=28)
    greylisting: bool = False

    @property
    def period(self) -> timedelta:
        """Return after how long the same hours come again: whole days, at least as long as the window."""
        return -(-self.since // DAY) * DAY

    @property
    def slots(self) -> int:
        """Return how many times the same hours are in the past."""
        return self.against // self.period


def ask(since: str, against: str, *, greylisting: bool = False) -> Ask:
    """Return what the options of the command ask for.

    >>> ask("24h", "28d").slots
    28
    """
    asked = Ask(length("--since", since), length("--against", against), greylisting)
    if not SHORTEST <= asked.since <= LONGEST:
        raise UsageError(f"`--since {since}`: the window is between 1h and 28d long")
    if asked.against < HISTORY or asked.slots < FEWEST_SLOTS:
        least = max(HISTORY, FEWEST_SLOTS * asked.period)
        raise UsageError(f"`--against {against}`: too short a past to tell what is usual: at least {least.days}d")
    return asked


def length(option: str, text: str) -> timedelta:
    """Return the length of time that a text such as `24h` names."""
    word = text.strip().lower()
    unit = UNITS.get(word[-1:])
    if unit is None or not word[:-1].isascii() or not word[:-1].isdecimal() or len(word) > 6:
        raise UsageError(f"`{option} {text}` is no length of time: write 24h, 28d, 2w or 90m")
    return int(word[:-1]) * unit
