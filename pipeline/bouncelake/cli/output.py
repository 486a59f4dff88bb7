"""The only module that writes to standard output and standard error: data there, notes here."""

import os
import sys
import tempfile
from pathlib import Path

from bouncelake.errors import UsageError


def write(data: bytes, output: Path | None = None) -> None:
    """Write data to standard output, or to a file that appears whole or not at all."""
    if output is None or str(output) == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    _replace(output, data)


def note(text: str) -> None:
    """Write one message for people to standard error, with control characters made visible."""
    lines = [_harmless(line) for line in text.rstrip("\n").split("\n")]
    name = "" if lines[0].startswith("Usage:") else "bouncelake: "
    sys.stderr.write(name + "".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def is_terminal(stream: str = "stdout") -> bool:
    """Tell whether standard output or standard error goes to a person's terminal."""
    return bool(getattr(sys, stream).isatty())


def wants_colour() -> bool:
    """Tell whether standard output may be coloured: a terminal, and neither NO_COLOR nor a dumb one."""
    return is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def close_quietly() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail on a closed pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _replace(output: Path, data: bytes) -> None:
    if output.is_dir():
        raise UsageError(f"{output}: is a folder: give `-o` a file name")
    if output.exists() and not output.is_file():
        output.write_bytes(data)
        return
    handle, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(output))
        temporary.replace(output)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode(output: Path) -> int:
    if output.exists():
        return output.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _harmless(text: str) -> str:
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
