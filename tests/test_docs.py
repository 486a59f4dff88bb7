"""Every command that the documentation shows runs, and its output is as shown.

Fenced blocks marked `console` are run, one document after the other, each in an empty folder that holds `sample_logs`
and `rules`. A line that begins with `$ ` is a command; the lines up to the next one are its output, in which a line
`...` stands for any number of lines and `...` within a line for any text. A command without output shown only has
to exit with 0. Only the pipelines of `bouncelake` and of standard tools run; installing is not tried.
"""

import errno
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "sample_logs").glob("*.md")])
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = (
    "pip ",
    "pipx ",
    "uv ",
    "git ",
    "make ",
    "apt",
    "sudo ",
    "ssh ",
    "scp ",
    "journalctl",
    "docker",
    "python3 -m venv",
)


@dataclass(frozen=True)
class Shown:
    """One command of a document, where it stands, and the output that the document shows for it."""

    document: Path
    line: int
    command: str
    output: str


def shown(document: Path) -> Iterator[Shown]:
    """Yield the commands of a document, in order."""
    text = document.read_text("utf-8")
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        for part in re.split(r"^\$ ", block[1], flags=re.MULTILINE):
            command, _, output = re.sub(r"\\\n\s*", "", part).partition("\n")
            if command:
                yield Shown(document, line, command, output)


def matches(expected: str, got: str) -> bool:
    """Say whether the output is as shown; `...` stands for anything."""
    pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, got.strip(), re.DOTALL) is not None


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return an empty folder with the samples, the rules, and `bouncelake` on the path of its commands."""
    for name in ("sample_logs", "rules"):
        (tmp_path / name).symlink_to(ROOT / name)
    program = tmp_path / "bin" / "bouncelake"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from bouncelake.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    return tmp_path


def run(command: str, home: Path) -> tuple[int, str, str]:
    """Run a command as a reader types it, on a terminal of 100 columns; return exit code, output and notes."""
    bash = shutil.which("bash") or "/bin/sh"
    paths = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": paths, "PYTHONPATH": str(ROOT / "pipeline"), "TZ": "UTC", "LC_ALL": "C.UTF-8", "HOME": str(home)}
    ours, theirs = pty.openpty()
    with (home / "notes").open("w+") as notes, os.fdopen(ours, "rb", buffering=0) as terminal:
        child = subprocess.Popen(
            [bash, "-c", command],
            cwd=home,
            env=env | {"COLUMNS": "100", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=notes,
        )
        os.close(theirs)
        output = b"".join(read(terminal)).decode().replace("\r\n", "\n")
        code = child.wait()
        notes.seek(0)
        return code, output, notes.read()


def read(terminal: FileIO) -> Iterator[bytes]:
    """Yield what programs write to a terminal until the last of them has closed it."""
    while True:
        try:
            data = terminal.read(65536)
        except OSError as error:
            if error.errno == errno.EIO:
                return
            raise
        if not data:
            return
        yield data


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_shown_run_as_shown(document: Path, home: Path) -> None:
    """Each command of the document exits with 0 and prints what the document shows."""
    for example in shown(document):
        if example.command.startswith(NOT_RUN):
            continue
        code, output, notes = run(example.command, home)
        where = f"{document.name}:{example.line}: $ {example.command}"
        if code:
            pytest.fail(f"{where}\nexit {code}\n{notes}", pytrace=False)
        if example.output.strip() and not any(matches(example.output, told) for told in (output, notes + output)):
            pytest.fail(f"{where}: not as shown, but\n{output}", pytrace=False)


def test_some_commands_are_shown() -> None:
    """The README shows commands that this file runs: the check above is not empty."""
    assert any(example.command.startswith("bouncelake ") for example in shown(ROOT / "README.md"))


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("took ... s", "took 0.1 s", True),
        ("a", "b", False),
        ("a (b)", "a (b)\n", True),
        ("a\n...", "b\na", False),
    ],
)
def test_matching_of_shown_output(expected: str, got: str, *, same: bool) -> None:
    """Three dots stand for anything, everything else for itself."""
    assert matches(expected, got) is same
