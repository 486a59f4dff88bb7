"""The comments that open every SQL file: what it answers, what it counts, its parameters and columns."""

from dataclasses import dataclass
from pathlib import Path

from bouncelake.errors import QueryError

KEYS = ("title", "question", "counts", "uses", "columns", "history", "rows", "show", "param", "column")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a report reads from the view `parameters`; `default` is an SQL expression."""

    name: str
    type: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One SQL file: its header and its whole text.

    `history` is how many days before its period a report looks at; 0 for the length of the period. `rows` says which
    events it needs (see `reports.rows`), and how long the time is by which plain mail is counted; empty for all.
    """

    name: str
    path: Path
    title: str
    question: str
    counts: str
    uses: tuple[str, ...]
    columns_of: str
    history: int
    rows: tuple[str, ...]
    show: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    columns: dict[str, str]
    notes: str
    sql: str


def read(path: Path) -> SqlFile:
    """Return the file with its header taken apart."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path}: cannot be read: {error}") from None
    found: dict[str, list[str]] = {key: [] for key in KEYS}
    notes = []
    for line in _header(text):
        key, _, value = line.partition(":")
        if key in found:
            found[key].append(value.strip())
        else:
            notes.append(line)
    columns = dict(_pair(path, value) for value in found["column"])
    if len(columns) < len(found["column"]):
        raise QueryError(f"{path}: a column is described twice: keep one `-- column:` line for each")
    return SqlFile(
        name=path.stem,
        path=path,
        title=_one(path, found, "title"),
        question=_one(path, found, "question"),
        counts=_one(path, found, "counts"),
        uses=_words(found["uses"]),
        columns_of="".join(found["columns"]),
        history=_days(path, found["history"]),
        rows=_words(found["rows"]),
        show=_words(found["show"]),
        parameters=tuple(_parameter(path, value) for value in found["param"]),
        columns=columns,
        notes=" ".join(notes),
        sql=text,
    )


def _header(text: str) -> list[str]:
    lines = []
    for line in text.split("\n"):
        if not line.startswith("--"):
            break
        lines.append(line[2:].strip())
    return lines


def _one(path: Path, found: dict[str, list[str]], key: str) -> str:
    if len(found[key]) != 1 or not found[key][0]:
        raise QueryError(f"{path}: needs one line `-- {key}: ...` at its top")
    return found[key][0]


def _days(path: Path, values: list[str]) -> int:
    text = "".join(values) or "0"
    if not (text.isascii() and text.isdecimal()):
        raise QueryError(f"{path}: `-- history: {text}` must be a number of days")
    return int(text)


def _words(values: list[str]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(","))


def _pair(path: Path, value: str) -> tuple[str, str]:
    name, _, meaning = value.partition(" ")
    if not meaning.strip():
        raise QueryError(f"{path}: `-- column: {name}` needs a description after the name")
    return name, meaning.strip()


def _parameter(path: Path, value: str) -> Parameter:
    declaration, _, meaning = value.partition("  ")
    before, equals, default = declaration.partition("=")
    name, _, kind = before.strip().partition(" ")
    if not (equals and name and kind.strip() and default.strip() and meaning.strip()):
        raise QueryError(f"{path}: `-- param: {value}` must read `NAME TYPE = DEFAULT`, two blanks, and a description")
    return Parameter(name, kind.strip(), default.strip(), meaning.strip())
