"""One thing that was looked at."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "fix"]


@dataclass(frozen=True, slots=True)
class Advice:
    """What was looked at, whether it is well, what was seen, and what to do where it is not.

    `note` is worth knowing and may be meant so; `fix` makes figures wrong or incomplete.
    """

    check: str
    state: State
    seen: str
    do: str = ""
