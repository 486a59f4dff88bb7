"""The only module that writes to standard output and standard error: data there, notes here."""

import os
import sys
import tempfile
from pathlib import Path

import typer

from bouncelake.errors import ExitCode, UsageError


def write(data: bytes, output: Path | None = None) -> None:
    """Write data to standard output, or to a file that appears whole or not at all."""
    if output is None or str(output) == "-":
        _print(data)
    else:
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


def _print(data: bytes) -> None:
    """Write to standard output; where its reader has gone, leave with the code that says so.

    Typer would end the process with 1 on a closed pipe, so it must not see the error. Standard output is pointed at
    nothing first: the interpreter's last flush would fail again.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.BROKEN_PIPE) from None


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
