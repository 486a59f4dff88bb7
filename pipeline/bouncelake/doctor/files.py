"""The lake's files: are those that the Delta log names there, whole, and alone?"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from bouncelake.doctor.advice import Advice
from bouncelake.lake import Lake
from bouncelake.schema import TABLES

MAGIC = b"PAR1"
LEAST_FREE = 1 << 30
MANY = 5_000


def lake_files(lake: Lake) -> Sequence[Advice]:
    """Return one advice per table, and one for the room that is left on the disk."""
    return [*(advice for name in TABLES for advice in _table(lake.root / name)), _room(lake.root)]


def _table(root: Path) -> Iterator[Advice]:
    actions = pl.DataFrame(DeltaTable(str(root)).get_add_actions(flatten=True))
    named = {} if actions.is_empty() else dict(actions.select("path", "size_bytes").rows())
    damaged = [path for path, size in named.items() if _damaged(root / path, size)]
    if damaged:
        seen = f"{root.name}: {len(damaged)} of {len(named)} files are missing, short or no Parquet, first {damaged[0]}"
        yield Advice("lake", "fix", seen, "bring them back from a backup, or make the lake anew from the logs")
    else:
        size = sum(named.values())
        yield Advice("lake", "ok", f"{root.name}: {len(named):,} files, {size / 1e6:,.1f} MB, each as the log says")
    if len(named) > MANY:
        yield Advice(
            "lake", "note", f"{root.name}: {len(named):,} files slow every report", "`bouncelake lake compact`"
        )
    there = {str(path.relative_to(root)) for path in root.rglob("*.parquet") if "_delta_log" not in path.parts}
    stray = len(there - named.keys())
    if stray:
        yield Advice("lake", "note", f"{root.name}: {stray:,} files that no table names: left by killed or older runs")


def _damaged(path: Path, size: int) -> bool:
    """Tell whether a file is not what the log says; only its length and its last four bytes are looked at."""
    try:
        if path.stat().st_size != size:
            return True
        with path.open("rb") as file:
            file.seek(-len(MAGIC), 2)
            return file.read() != MAGIC
    except OSError:
        return True


def _room(root: Path) -> Advice:
    free = shutil.disk_usage(root).free
    seen = f"{free / 1e9:,.1f} GB free where the lake is"
    return (
        Advice("disk", "ok", seen)
        if free >= LEAST_FREE
        else Advice("disk", "fix", seen, "make room: a full disk ends each run")
    )
