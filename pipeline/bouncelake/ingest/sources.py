"""Reads the inputs one after the other, each from where the lake ends, and yields what they hold piece by piece."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import ModuleType

import polars as pl

from bouncelake.errors import InputError
from bouncelake.framing import Clock, Framer, informed
from bouncelake.ingest.account import Options, Progress
from bouncelake.ingest.kinds import holds_values
from bouncelake.ingest.numbering import WINDOW
from bouncelake.ingest.piece import ROW_TABLES, Parser, Piece
from bouncelake.ingest.trail import Trail
from bouncelake.ingest.values import ValueParser
from bouncelake.lake import Lake
from bouncelake.parsers.esp import wanted
from bouncelake.reading import (
    CHUNK,
    TAIL,
    BinaryInputError,
    Chunk,
    Input,
    Known,
    Match,
    Registry,
    Stream,
    lines,
    open_stream,
)
from bouncelake.values import VALUE_LIMIT

BLOCKS = 4
"""Chunks of a stream of values that are read at once: each block costs the same once more, however short it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a source, with what is to be remembered of the source after it."""

    match: Match
    name: str
    piece: Piece
    tail: str
    finished: bool


class Sources:
    """The inputs of one run, read in order; what cannot be read is collected in `errors`, the rest goes in.

    `notes` says which inputs were passed over, and why that is no error; `opened` counts those that were read.
    """

    def __init__(
        self, lake: Lake, systems: Mapping[str, ModuleType], options: Options, clock: Clock, chunk: int = CHUNK
    ) -> None:
        """Take the lake for what is known of each source, and the clock that all of them share."""
        self.errors: list[InputError] = []
        self.notes: list[str] = []
        self.opened = 0
        self._systems = systems
        self._providers = wanted(options.format)
        self._hints = [module.HINT for module in systems.values()] or [""]
        self._options = options
        self._clock = clock
        self._chunk = chunk
        self._lake = lake
        self._last = dict(lake.sources().select("source", "last_ts").rows())
        self._registry = Registry(_known(lake.sources()))

    def read(self, inputs: Sequence[Input], progress: Callable[[Progress], None]) -> Iterator[Part]:
        """Yield the parts of all inputs that hold something new, the oldest log first."""
        ordered = self._ordered(inputs)
        total = _total([size for _, _, size in ordered])
        done = 0
        for each, _, size in ordered:
            try:
                with open_stream(each) as stream:
                    self.opened += 1
                    for part in self._parts(stream):
                        progress(Progress(each.name, done + stream.done, total))
                        yield part
                    if stream.error is not None:
                        self.errors.append(stream.error)
            except InputError as error:
                self._fail(each, error)
            done += size or 0
        progress(Progress("", done, total))

    def _ordered(self, inputs: Sequence[Input]) -> list[tuple[Input, datetime, int | None]]:
        """Return the inputs with their first instant and their size, by instant; standard input comes last."""
        found: list[tuple[Input, datetime, int | None]] = []
        for each in inputs:
            if each.once:
                found.append((each, datetime.max.replace(tzinfo=UTC), None))
                continue
            try:
                with open_stream(each) as stream:
                    found.append((each, self._first_instant(stream), stream.size))
            except InputError as error:
                self._fail(each, error)
        return sorted(found, key=lambda entry: (entry[1], entry[0].name))

    def _fail(self, each: Input, error: InputError) -> None:
        """Keep the error; a binary file that a folder happens to hold is no error, for nobody asked to read it."""
        if isinstance(error, BinaryInputError) and not each.named:
            self.notes.append(str(error))
        else:
            self.errors.append(error)

    def _holds_values(self, stream: Stream) -> bool:
        return holds_values(stream.sample(), self._providers, forced=not self._systems)

    def _first_instant(self, stream: Stream) -> datetime:
        # Events of providers are linked to nothing, so their order does not matter.
        head = None if self._holds_values(stream) else stream.peek(final=True)
        first = None if head is None else self._framer(stream, None).frame(lines(head)).records["ts"].min()
        return first if isinstance(first, datetime) else self._clock.now

    def _framer(self, stream: Stream, source: str | None) -> Framer:
        after = None if source is None else self._last.get(source)
        clock = replace(self._clock, modified=stream.modified or self._clock.now, after=after)
        head = stream.peek(final=True)
        return Framer(self._hints, clock if head is None else informed(clock, lines(head)))

    def _parts(self, stream: Stream) -> Iterator[Part]:
        values = self._holds_values(stream)
        match = self._registry.identify(stream, final=self._options.final)
        if match is None and values:
            # A value is complete without a newline behind it.
            match = self._registry.identify(stream, final=True)
        if match is None or match.spent or match.busy:
            return
        if self._options.reread and match.offset:
            self._lake.drop_source(match.source)
            self._last.pop(match.source, None)
            match = replace(match, offset=0)
        offset, tail = match.offset, match.tail
        try:
            for piece, tail in self._value_pieces(stream, match) if values else self._pieces(stream, match):
                offset = piece.offset_to
                yield Part(match, stream.name, piece, tail, self._finished(stream))
        finally:
            self._registry.advance(match, offset, tail, finished=self._finished(stream))

    def _finished(self, stream: Stream) -> bool:
        return stream.finished or self._options.final

    def _pieces(self, stream: Stream, match: Match) -> Iterator[tuple[Piece, str]]:
        parser = Parser(self._systems, self._framer(stream, match.source), self._recent(match), self._clock.now)
        offset = match.offset
        last: Chunk | None = None
        for last in stream.chunks(self._chunk, match.offset, final=self._options.final):
            piece = parser.parse(lines(last), offset, last.end)
            if piece.offset_to > offset:
                offset = piece.offset_to
                yield piece, last.tail(offset)
        if last is not None and offset < last.end and (stream.finished or self._options.final):
            yield parser.finish(offset, last.end), last.tail()

    def _value_pieces(self, stream: Stream, match: Match) -> Iterator[tuple[Piece, str]]:
        keep = self._options.engagement
        parser = ValueParser(self._providers, stream.sample(), match.offset, self._clock.now, engagement=keep)
        offset, begin = match.offset, max(0, match.offset - TAIL)
        seen = Trail(begin, VALUE_LIMIT)
        for block in stream.blocks(BLOCKS * self._chunk, begin):
            seen.add(block)
            piece = parser.parse(block[offset - begin :] if begin < match.offset else block)
            begin = match.offset
            if piece.offset_to > offset:
                offset = piece.offset_to
                yield piece, seen.tail(offset)
        piece = parser.finish(final=self._finished(stream))
        if piece.offset_to > offset:
            yield piece, seen.tail(piece.offset_to)

    def _recent(self, match: Match) -> dict[str, pl.DataFrame]:
        """Return the rows of the last minute that the lake has of the source, to go on numbering identical lines."""
        last = self._last.get(match.source)
        if not match.offset or last is None:
            return {}
        mine = pl.col("source") == match.source
        return {t: self._lake.scan(t, last - WINDOW).filter(mine).select("line_id", "ts").collect() for t in ROW_TABLES}


def _known(stored: pl.DataFrame) -> Iterator[Known]:
    for source, heads, tail, offset, finished in stored.select(
        "source", "heads", "tail", "offset_to", "finished"
    ).rows():
        yield Known(source, heads, tail, offset, finished)


def _total(sizes: Sequence[int | None]) -> int | None:
    return None if None in sizes else sum(size or 0 for size in sizes)
