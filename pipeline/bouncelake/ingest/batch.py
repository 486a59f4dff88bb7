"""Gathers pieces to batches, settles what their lines together say, and commits them."""

import json
from collections.abc import Mapping
from datetime import datetime

import polars as pl

from bouncelake import __version__, replies
from bouncelake.classify import Classifier
from bouncelake.config import Config
from bouncelake.ingest.account import Account
from bouncelake.ingest.copies import without_copies
from bouncelake.ingest.piece import ROW_TABLES
from bouncelake.ingest.posted import parted, with_given_codes, without_repeats
from bouncelake.ingest.settle import settled
from bouncelake.ingest.sources import Part
from bouncelake.lake import Batch, Lake, Unfinished
from bouncelake.linking import Linker, retold
from bouncelake.schema import EVENTS, RUNS, SCHEMA_VERSION

INPUT_PER_COMMIT = 32 * 1024 * 1024
"""Bytes of decompressed input after which a batch is committed."""

NOTHING = EVENTS.empty().with_columns(attempt=pl.lit(None, pl.String), quoted_ip=pl.lit(None, pl.String))


class Committer:
    """Takes the parts of a run in order and commits them, about 32 MiB of input at a time.

    `accounts` has the sum of each source so far, `span` the earliest and latest time that came in, `unfinished` that of
    killed runs too.
    """

    def __init__(self, lake: Lake, config: Config, classifier: Classifier, linker: Linker, started: datetime) -> None:
        """Take the lake, which must be open for writing, and the time at which the run began."""
        self.unfinished = Unfinished(lake.root)
        self.accounts: dict[str, Account] = {}
        self.span: list[datetime] = []
        self._lake = lake
        self._config = config
        self._classifier = classifier
        self._linker = linker
        self._started = started
        self._parts: list[Part] = []
        self._gathered = 0

    def add(self, part: Part) -> None:
        """Take one more part; commit when enough is gathered."""
        self._parts.append(part)
        self._gathered += part.piece.offset_to - part.piece.offset_from
        if self._gathered >= INPUT_PER_COMMIT:
            self.flush()

    def flush(self) -> None:
        """Commit what is gathered."""
        if not self._parts:
            return
        parts, self._parts, self._gathered = self._parts, [], 0
        rows = {table: _together(parts, table) for table in ROW_TABLES}
        spans = self._spans(parts)
        rows["events"], posted = parted(rows["events"])
        kept, duplicates = without_copies(rows, spans.drop_nulls(), self._lake)
        kept["events"], duplicates = without_repeats(kept["events"], posted, duplicates, self._lake)
        kept["events"] = self._events(kept["events"], kept["messages"])
        self.unfinished.add(self.span)
        self._lake.commit(Batch({**kept, "runs": self._runs(parts, duplicates)}))
        self._count(parts, duplicates, kept["events"], rows["refused"])

    def _events(self, events: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
        logged, posted = parted(events)
        # Without any line's events the columns that linking asks for are missing.
        read = replies.read(logged.with_columns(event_id=_event_id(logged))) if logged.height else NOTHING
        linked = self._linker.link(retold.once(read), messages)
        if not posted.is_empty():
            # A provider's event says all of its message itself: there is nothing to link.
            linked = pl.concat([linked, with_given_codes(replies.read(posted))], how="diagonal")
        return EVENTS.conform(self._classifier.tag(settled(linked, self._config)))

    def _spans(self, parts: list[Part]) -> pl.DataFrame:
        """Return `source`, `first_ts` and `last_ts` of the batch."""
        rows = [(part.match.source, part.piece.first_ts, part.piece.last_ts) for part in parts]
        frame = pl.DataFrame(
            rows, schema={name: RUNS.polars()[name] for name in ("source", "first_ts", "last_ts")}, orient="row"
        )
        self.span += [moment for _, *both in rows for moment in both if moment is not None]
        self.span = [min(self.span), max(self.span)] if self.span else []
        return frame.group_by("source", maintain_order=True).agg(pl.col("first_ts").min(), pl.col("last_ts").max())

    def _runs(self, parts: list[Part], duplicates: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `runs`: one for each source of the batch."""
        rows = pl.DataFrame([self._run(part) for part in parts], schema=RUNS.polars(), orient="row")
        newest = ("source_name", "offset_to", "finished", "heads", "tail")
        sums = ("lines", "events", "context", "foreign", "refused")
        merged = rows.group_by("source", maintain_order=True).agg(
            pl.col("ts", "offset_from", "versions").first(),
            pl.col(newest).last(),
            pl.col(sums).sum(),
            pl.col("first_ts").min(),
            pl.col("last_ts").max(),
        )
        return merged.join(duplicates, on="source", how="left").with_columns(pl.col("duplicates").fill_null(0))

    def _run(self, part: Part) -> Mapping[str, object]:
        piece = part.piece
        versions = {"parser": __version__, "rules": self._classifier.ruleset.version, "schema": SCHEMA_VERSION}
        return {
            "ts": self._started,
            "source": part.match.source,
            "source_name": part.name,
            "offset_from": piece.offset_from,
            "offset_to": piece.offset_to,
            "lines": piece.lines,
            "events": piece.events,
            "context": piece.context,
            "foreign": piece.foreign,
            "refused": piece.refused,
            "first_ts": piece.first_ts,
            "last_ts": piece.last_ts,
            "versions": json.dumps(versions),
            "finished": part.finished,
            "heads": part.match.heads,
            "tail": part.tail,
        }

    def _count(self, parts: list[Part], duplicates: pl.DataFrame, events: pl.DataFrame, refused: pl.DataFrame) -> None:
        copies = dict(duplicates.rows())
        new = dict(events.group_by("source").len().rows())
        wrong = dict(refused.group_by("source").agg(pl.col("source_offset").min()).rows())
        for part in parts:
            source, piece = part.match.source, part.piece
            added = Account(
                source, part.name, piece.lines, piece.events, piece.context, piece.foreign, piece.refused,
                copies.pop(source, 0), new.pop(source, 0), wrong.pop(source, None),
            )  # fmt: skip
            before = self.accounts.get(source)
            self.accounts[source] = added if before is None else before + added


def _event_id(events: pl.DataFrame) -> pl.Expr:
    """Return the id of each event: its line's, and its number in that line; events of one line are neighbours."""
    line = ("source", "source_offset", "copy")
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in line)
    number = pl.lit("0")
    if events.select(again.any()).item():
        number = pl.int_range(pl.len()).over(line).cast(pl.String)
    return pl.concat_str("line_id", number, separator="-")


def _together(parts: list[Part], table: str) -> pl.DataFrame:
    """Return the rows of all parts of one table, each with its source."""
    frames = [
        part.piece.rows[table].with_columns(source=pl.lit(part.match.source), source_name=pl.lit(part.name))
        for part in parts
    ]
    return pl.concat(frames, how="diagonal").rename({"offset": "source_offset"})
