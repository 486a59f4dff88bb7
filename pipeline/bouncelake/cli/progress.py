"""A progress bar on standard error, for a person who watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bouncelake.ingest import Progress


@contextmanager
def watched(terminal: bool) -> Iterator["Callable[[Progress], None] | None"]:  # noqa: FBT001 - where it goes
    """Give a callback that draws bytes, rate and remaining time; None where nobody watches."""
    if not terminal:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    from bouncelake.render import visible

    name = TextColumn("{task.description}", markup=False)
    parts = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(), name)
    with Bar(*parts, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(progress: "Progress") -> None:
            shown = visible(progress.name)[-40:]
            bar.update(task, description=shown, completed=progress.done, total=progress.total)

        yield show
