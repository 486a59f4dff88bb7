"""Which folders are lakes, how one is made, killed half-way, damaged and mended."""

import shutil
from pathlib import Path

import pytest

from bouncelake.errors import LakeError
from bouncelake.lake import Lake, folder, store
from bouncelake.lake.lock import LOCK
from bouncelake.lake.store import LOG
from bouncelake.schema import TABLES

from .conftest import Batches


def test_create_makes_all_tables_and_parents(tmp_path: Path) -> None:
    """A lake can be made in a folder that does not exist yet, and then be opened as one."""
    root = tmp_path / "a" / "b c" / "lake"
    Lake.open(root, create=True)
    assert sorted(path.name for path in root.iterdir()) == sorted([*TABLES, LOCK])
    assert Lake.open(root).root == root


def test_create_takes_an_empty_folder(tmp_path: Path) -> None:
    """An empty folder will do, and so will a file system's root."""
    (tmp_path / "lost+found").mkdir()
    Lake.open(tmp_path, create=True)


@pytest.mark.parametrize("create", [True, False])
def test_other_things_are_no_lake(tmp_path: Path, *, create: bool) -> None:
    """A folder with other things and a file are refused, and nothing is written into them."""
    (tmp_path / "letter.txt").write_text("dear")
    for root in (tmp_path, tmp_path / "letter.txt"):
        with pytest.raises(LakeError, match="not a lake"):
            Lake.open(root, create=create)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_no_lake_yet(tmp_path: Path) -> None:
    """Without `create` nothing is made, and the message says what makes it."""
    with pytest.raises(LakeError, match="no lake yet: run `bouncelake ingest`"):
        Lake.open(tmp_path / "lake")
    assert not list(tmp_path.iterdir())
    with pytest.raises(LakeError, match="not a lake"):
        Lake.open(tmp_path)


@pytest.mark.parametrize("killed_at", [0, 1, 2, 3])
def test_a_half_made_lake_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int) -> None:
    """Killed before any of its tables, the lake is known as one, cannot be read yet, and is completed later."""
    make, made = store.create_table, iter(range(9))

    def fragile(root: Path, table: object) -> None:
        if next(made) == killed_at:
            (root.with_name(f".new-{root.name}") / LOG).mkdir(parents=True)
            raise KeyboardInterrupt
        make(root, TABLES[root.name])
        assert table is TABLES[root.name]

    root = tmp_path / "lake"
    monkeypatch.setattr(folder, "create_table", fragile)
    with pytest.raises(KeyboardInterrupt):
        Lake.open(root, create=True)
    with pytest.raises(LakeError, match="lacks its table"):
        Lake.open(root)
    monkeypatch.undo()
    with Lake.open(root, create=True).writing():
        assert sorted(path.name for path in root.iterdir()) == sorted([*TABLES, LOCK])


def test_a_lake_without_its_lock_file_is_a_lake(filled: Lake) -> None:
    """A copy that left the lock file behind can be read and written."""
    (filled.root / LOCK).unlink()
    with Lake.open(filled.root).writing():
        assert filled.sources().height == 2


@pytest.mark.parametrize("name", ["100%20", "back\\slash", "new\nline", "raw\udcff"])
def test_paths_that_the_table_format_garbles(tmp_path: Path, name: str) -> None:
    """Such a lake would be made elsewhere or not at all: the message says which characters."""
    with pytest.raises(LakeError, match="cannot hold"):
        Lake.open(tmp_path / name, create=True)


@pytest.mark.parametrize("name", ["a b", "a#b", "day=1999-01-01", "*[x]?", "naïve", "a:b+c&d"])
def test_strange_paths_work(tmp_path: Path, batch: Batches, name: str) -> None:
    """Blanks, globs and folders that look like partitions are only names."""
    lake = Lake.open(tmp_path / name, create=True)
    with lake.writing():
        lake.commit(batch(("a", 0, 3)))
    assert lake.scan("events").collect().height == 3
    assert all(Path(path).is_file() for path in lake.files("events"))


def test_a_removed_table_is_not_taken_for_a_new_one(filled: Lake) -> None:
    """A table that went missing is made anew only in a lake without batches: else its rows would be lost in silence."""
    shutil.rmtree(filled.root / "events")
    lake = Lake.open(filled.root, create=True)
    with pytest.raises(LakeError, match="older than the others"), lake.writing():
        pass


@pytest.mark.parametrize("damage", [b"\0" * 100, b'{"add":{"path":"da', b"{}\ngarbage", b"[]"])
@pytest.mark.parametrize("table", ["messages", "events", "runs"])
def test_a_commit_cut_off_by_a_power_cut_is_mended(filled: Lake, batch: Batches, table: str, damage: bytes) -> None:
    """The entry was never forced to the disk, so it never counted; readers say what to do, the next ingest does it."""
    log = filled.root / table / LOG
    (log / f"{3:020d}.json").write_bytes(damage)
    with pytest.raises(LakeError, match=r"damaged.*`bouncelake ingest` mends"):
        Lake.open(filled.root)
    lake = Lake.open(filled.root, create=True)
    with lake.writing():
        lake.commit(batch(("a", 20, 21)))
    assert Lake.open(filled.root).scan(table).collect().height == (26 if table != "runs" else 4)


def test_a_damaged_log_is_named(filled: Lake) -> None:
    """What cannot be mended is said in one line that names the table."""
    (filled.root / "events" / LOG / f"{1:020d}.json").write_bytes(b"garbage")
    with pytest.raises(LakeError, match="events: the table is damaged") as caught:
        Lake.open(filled.root, create=True)
    assert "\n" not in str(caught.value)
