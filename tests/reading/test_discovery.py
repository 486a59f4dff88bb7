"""Paths, patterns, folders and `-` become a sorted list of inputs, and errors for what is not there."""

import os
from pathlib import Path

import pytest

from bouncelake.reading import find, printable


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder of logs, hidden files, links and a pipe."""
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("mail.log", "mail.log.1", "sub/mail.log", ".mail.log.swp", ".hidden/mail.log"):
        (tmp_path / name).write_text(f"{name}\n")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link.log").symlink_to(tmp_path / "mail.log")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "zz-hard.log").hardlink_to(tmp_path / "mail.log.1")
    return tmp_path


def names(root: Path, *paths: str) -> list[str]:
    """Return the inputs found, relative to the root."""
    return [each.name.removeprefix(f"{root}/") for each in find(paths).inputs]


def test_folder(tree: Path) -> None:
    """A folder gives its regular files at any depth, each once, without hidden ones, pipes and loops."""
    assert names(tree, str(tree)) == ["mail.log", "mail.log.1", "sub/mail.log"]
    assert find([str(tree)]).errors == []


def test_pattern(tree: Path) -> None:
    """A pattern that the shell did not expand is expanded."""
    assert names(tree, f"{tree}/mail.*") == ["mail.log", "mail.log.1"]
    assert names(tree, f"{tree}/**/mail.log") == ["mail.log", "sub/mail.log"]


def test_everything_once_in_order(tree: Path) -> None:
    """Naming a file twice, also by other paths, gives it once; standard input comes last."""
    found = names(
        tree, "-", f"{tree}/sub/mail.log", f"{tree}/sub/../mail.log", f"{tree}/mail.log", str(tree / "sub"), "-"
    )
    assert len(found) == 3
    assert found[-1] == "-"


def test_named_or_found(tree: Path) -> None:
    """It is known whether the user gave a path or it was found in a folder, and what can be read only once."""
    found = {each.name.removeprefix(f"{tree}/"): each for each in find([f"{tree}/pipe", f"{tree}/sub", "-"]).inputs}
    assert [found[name].named for name in ("pipe", "sub/mail.log", "-")] == [True, False, True]
    assert [found[name].once for name in ("pipe", "sub/mail.log", "-")] == [True, False, True]


def test_what_is_missing(tree: Path) -> None:
    """What is not there becomes errors that name it; the rest is found."""
    (tree / "sub" / "dangling").symlink_to(tree / "gone")
    found = find([f"{tree}/none.log", f"{tree}/*.gz", "/dev/null", f"{tree}/sub"])
    assert len(found.inputs) == 1
    text = "\n".join(map(str, found.errors))
    for part in ("none.log: cannot be opened", "*.gz: no file matches", "/dev/null: cannot be read", "sub/dangling"):
        assert part in text


def test_file_whose_name_is_a_pattern(tmp_path: Path) -> None:
    """A file whose name looks like a pattern can be named."""
    (tmp_path / "mail[1].log").touch()
    assert names(tmp_path, f"{tmp_path}/mail[1].log") == ["mail[1].log"]


def test_impossible_path() -> None:
    """A path with a NUL, and an empty one, are errors."""
    found = find(["a\0b", ""])
    assert (found.inputs, len(found.errors)) == ([], 2)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_forbidden_folder(tmp_path: Path) -> None:
    """A folder that we may not list is an error."""
    (tmp_path / "private").mkdir(mode=0)
    assert "cannot be listed" in str(find([str(tmp_path)]).errors[0])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mail.log", "mail.log"),
        ("a\nb", "a\\nb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\udcff", "\\xff"),
        ("ä\u202e", "ä\\u202e"),
    ],
)
def test_printable(name: str, shown: str) -> None:
    """A name is one line of visible text, also where it turns the direction of writing."""
    assert printable(name) == shown
