"""Finds the inputs that paths, patterns, folders and `-` stand for."""

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bouncelake.errors import InputError


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to read: a file, a named pipe, or standard input (`path` is null).

    `name` is the path as text that can be stored and printed: bytes that are no UTF-8 and characters that are not
    printable are escaped. `named` is true when the user gave this very path, false when it was found in a folder or by
    a pattern. `once` is true for what can be opened and read only once: standard input and pipes.
    """

    path: Path | None
    name: str
    named: bool = True
    once: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The inputs that were found, each once, and one error for each path that leads to none."""

    inputs: list[Input]
    errors: list[InputError]


def printable(path: str | os.PathLike[str]) -> str:
    r"""Return the path as one line of valid, visible text: `mail\x0a.log` for a name with a newline."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def find(paths: Sequence[str]) -> Found:
    """Return the inputs behind paths, patterns (`*`, `?`, `[...]`, `**`), folders with all below them, and `-`.

    They come sorted by path, standard input last; two paths that lead to one file give one input. In folders, hidden
    names are skipped, links to folders are not followed, and only regular files count. What is missing or unreadable
    becomes an error beside the inputs.
    """
    errors: list[InputError] = []
    seen: dict[tuple[int, int], Input] = {}
    for path in sorted(set(paths) - {"-"}, key=os.fsencode):
        for candidate in _expand(path, errors):
            _admit(candidate, seen, errors)
    inputs = sorted(seen.values(), key=lambda found: os.fsencode(found.path or ""))
    return Found(inputs + [Input(None, "-", once=True)] * ("-" in paths), errors)


def _expand(path: str, errors: list[InputError]) -> Iterator[Input]:
    if os.path.lexists(path) or not glob.has_magic(path):
        yield from _walk(path, errors, named=True)
        return
    matches = sorted(_matches(path), key=os.fsencode)
    if not matches:
        errors.append(InputError(f"{printable(path)}: no file matches this pattern"))
    for match in matches:
        yield from _walk(match, errors, named=False)


def _matches(pattern: str) -> Iterator[str]:
    """Yield what the pattern matches; hidden names only where the pattern names them, links to folders not by `**`."""
    parts = Path(pattern).parts
    fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    root, wild = Path(*parts[:fixed]), parts[fixed:]
    hidden = any(part.startswith(".") for part in wild)
    for match in root.glob(str(Path(*wild))):
        if hidden or not any(part.startswith(".") for part in match.relative_to(root).parts):
            yield str(match)


def _walk(path: str, errors: list[InputError], *, named: bool) -> Iterator[Input]:
    """Yield the path itself, or what is below it if it is a folder."""
    if not os.path.isdir(path):  # noqa: PTH112
        yield Input(Path(path), printable(path), named)
        return

    def report(error: OSError) -> None:
        errors.append(InputError(f"{printable(str(error.filename))}: cannot be listed: {error.strerror}"))

    for folder, folders, files in os.walk(path, onerror=report):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith("."):
                inside = os.path.join(folder, name)  # noqa: PTH118
                yield Input(Path(inside), printable(inside), named=False)


def _remoteness(found: Input) -> tuple[bool, bool, int, str]:
    """Order the paths of one file: the one that the user gave, the file itself before links to it, the shortest."""
    path = found.path or Path()
    return not found.named, path.is_symlink(), len(path.parts), str(path)


def _admit(candidate: Input, seen: dict[tuple[int, int], Input], errors: list[InputError]) -> None:
    """Keep the candidate if it can be read as a stream and is not there yet under another path."""
    path = candidate.path or Path()
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        errors.append(InputError(f"{candidate.name}: cannot be opened: {reason}"))
        return
    pipe = stat.S_ISFIFO(state.st_mode)
    if stat.S_ISREG(state.st_mode) or (candidate.named and pipe):
        key, candidate = (state.st_dev, state.st_ino), replace(candidate, once=pipe)
        seen[key] = min(seen.get(key, candidate), candidate, key=_remoteness)
    elif candidate.named:
        errors.append(InputError(f"{candidate.name}: cannot be read as a log: it is no file, folder or pipe"))
