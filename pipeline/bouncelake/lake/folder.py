"""Which folders are lakes, and how one is made."""

import json
from collections.abc import Mapping
from pathlib import Path

from bouncelake import schema
from bouncelake.errors import LakeError
from bouncelake.lake.durable import make_folder, reported, sync
from bouncelake.lake.lock import LOCK, locked
from bouncelake.lake.store import LOG, Store, create_table

_ADVICE = "name a lake, or a new or empty folder, with --lake"


def opened(root: Path, *, create: bool) -> Mapping[str, Store]:
    """Return the lake's tables in the order of their commits."""
    if create:
        _make(root)
    if not root.exists():
        raise LakeError(f"{root}: there is no lake yet: run `bouncelake ingest` first, or name another with --lake")
    if not _is_lake(root):
        raise LakeError(f"{root}: this is not a lake: {_ADVICE}")
    if missing := _missing(root):
        raise LakeError(f"{root}: the lake lacks its table {missing[0]}: run `bouncelake ingest` to complete it")
    try:
        return stores_of(root)
    except LakeError:
        if not create:
            raise
    with locked(root):
        for name in schema.TABLES:
            _mend(root / name / LOG)
        return stores_of(root)


def stores_of(root: Path) -> Mapping[str, Store]:
    """Open the tables of a lake, in the order of their commits."""
    return {name: Store(root / name, table) for name, table in schema.TABLES.items()}


def _mend(log: Path) -> None:
    """Put the newest log entry aside if a power cut has cut it off.

    Every commit is forced to the disk before it counts, so an entry that is not whole has never counted.
    """
    with reported(log.parent):
        newest = max(log.glob("*.json"), default=None)
        if newest and not _is_whole(newest.read_bytes()):
            newest.rename(newest.with_suffix(".cut"))
            sync(log)


def _is_whole(entry: bytes) -> bool:
    try:
        return all(isinstance(json.loads(line), dict) for line in entry.splitlines())
    except ValueError:
        return False


def _make(root: Path) -> None:
    _check_name(root)
    if root.exists() and not _is_lake(root) and not _is_empty(root):
        raise LakeError(f"{root}: this holds other things and is not a lake: {_ADVICE}")
    if root.is_dir() and not _missing(root):
        return
    with reported(root):
        make_folder(root)
    with locked(root):
        with reported(root):
            sync(root)
        for name in _missing(root):
            create_table(root / name, schema.TABLES[name])


def _check_name(root: Path) -> None:
    """Refuse what the Delta library would decode, split or reject: it would make the table elsewhere."""
    name = str(root)
    if "%" in name or "\\" in name or not name.isprintable():
        raise LakeError(f"{root}: a lake's path cannot hold %, \\, control or undecodable characters: {_ADVICE}")


def _is_lake(root: Path) -> bool:
    return root.is_dir() and ((root / LOCK).is_file() or not _missing(root))


def _is_empty(root: Path) -> bool:
    return root.is_dir() and all(path.name == "lost+found" for path in root.iterdir())


def _missing(root: Path) -> list[str]:
    return [name for name in schema.TABLES if not (root / name / LOG).is_dir()]
