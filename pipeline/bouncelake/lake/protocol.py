"""The commit protocol over four tables whose commits are each atomic, but not together.

`runs` is written last and decides: a batch is in when `runs` has its number. Tables that are ahead of it hold a torn
batch, which is undone. A drop goes the other way round: `runs` forgets the sources first, the others follow.
"""

from collections.abc import Collection, Mapping

import polars as pl

from bouncelake.errors import LakeError
from bouncelake.lake.store import Store

BATCH = "bouncelake/batch"
DROPS = "bouncelake/drops"
SETTLED = 0
"""The batch number of files whose rows come from batches that are all in: they are never undone."""


def settle(stores: Mapping[str, Store]) -> bool:
    """Undo a torn batch and complete a torn drop; return whether there was one.

    Running it again, or being killed in it, changes nothing: each step leaves a state that it starts from.
    """
    for store in stores.values():
        store.refresh()
    runs = stores["runs"]
    torn = [_undo(store, runs.mark(BATCH)) for store in stores.values()]
    late = [_forget(store, runs) for store in stores.values()]
    return any((*torn, *late))


def drop(stores: Mapping[str, Store], sources: Collection[str]) -> None:
    """Remove all rows of these sources: from `runs` first, so that a kill half-way leaves a drop to complete."""
    runs = stores["runs"]
    number = runs.mark(DROPS) + 1
    _remove(runs, sources, {DROPS: number, **{_dropped(source): number for source in sources}})
    for store in stores.values():
        _forget(store, runs)


def _undo(store: Store, settled: int) -> bool:
    number = store.mark(BATCH)
    if number < settled:
        raise LakeError(
            f"{store.root}: this table is older than the others (batch {number} of {settled}):"
            " restore all four tables from one backup, or ingest into a new lake"
        )
    if number > settled:
        store.commit([], store.live().filter(pl.col("batch") > settled), {BATCH: settled})
    return number > settled


def _forget(store: Store, runs: Store) -> bool:
    done, number = store.mark(DROPS), runs.mark(DROPS)
    if done < number:
        present = store.scan(store.live()).select(pl.col("source").unique()).collect()["source"]
        _remove(store, [source for source in present if runs.mark(_dropped(source)) > done], {DROPS: number})
    return done < number


def _remove(store: Store, sources: Collection[str], marks: Mapping[str, int]) -> None:
    theirs = pl.col("source").is_in(list(sources))
    live = store.live()
    touched = [store.scan(file).select(theirs.any()).collect().item() for file in live.iter_slices(1)]
    store.replace(live.filter(pl.Series(touched, dtype=pl.Boolean)), lambda rows: rows.filter(~theirs), marks)


def _dropped(source: str) -> str:
    return f"bouncelake/drop/{source}"
