"""What an ingest is asked for, how it goes, and what came of it."""

from dataclasses import dataclass

from bouncelake.errors import InputError


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for; `format` names one system, or `auto` for all that are known."""

    format: str = "auto"
    zone: str | None = None
    year: int | None = None
    final: bool = False
    reread: bool = False
    engagement: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """How the lines of one source were counted: `lines` = `events` + `context` + `foreign` + `refused`.

    `duplicates` of the lines were copies of lines already in from another source; `new` is the number of rows that
    came into the table `events`. `refused_at` is the byte offset of the first refused line.
    """

    source: str
    name: str
    lines: int = 0
    events: int = 0
    context: int = 0
    foreign: int = 0
    refused: int = 0
    duplicates: int = 0
    new: int = 0
    refused_at: int | None = None

    def __add__(self, other: "Account") -> "Account":
        """Return the sum of two accounts of one source."""
        counts = ("lines", "events", "context", "foreign", "refused", "duplicates", "new")
        sums = {name: getattr(self, name) + getattr(other, name) for name in counts}
        first = other.refused_at if self.refused_at is None else self.refused_at
        return Account(self.source, self.name, **sums, refused_at=first)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the walk is: bytes of the input files read, of `total` (null for standard input), now in file `name`."""

    name: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The account of each source, what could not be read, what the user should know, and how many inputs were read."""

    accounts: list[Account]
    errors: list[InputError]
    notes: list[str]
    read: int = 0
