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
    came into the table `events`.
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

    def __add__(self, other: "Account") -> "Account":
        """Return the sum of two accounts of one source."""
        counts = ("lines", "events", "context", "foreign", "refused", "duplicates", "new")
        return Account(self.source, self.name, **{name: getattr(self, name) + getattr(other, name) for name in counts})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the walk is: bytes of the input files read, of `total` (null for standard input), now in file `name`."""

    name: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The account of each source, what could not be read, and what the user should know."""

    accounts: list[Account]
    errors: list[InputError]
    notes: list[str]
