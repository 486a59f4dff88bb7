"""Tells which log a stream is, by its content alone, and how far it was read before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bouncelake.reading.chunks import fingerprint
from bouncelake.reading.streams import Head, Place, Stream


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a source: its head, how far it was read, and the hash of the 256 bytes before that."""

    source: str
    heads: Sequence[str]
    tail: str
    offset: int
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Which source a stream is, and where to go on reading it.

    `tail` is the hash of the 256 bytes before the offset; `heads` are to be remembered. `spent` is true when it is
    certain that nothing stands behind the offset. `busy` is true when another stream of this run was taken for the same
    source and has not been reported by `advance`: identify this one again after that.
    """

    source: str
    offset: int
    tail: str
    heads: list[str]
    spent: bool = False
    busy: bool = False


class Registry:
    """The sources known so far, to which each identified stream adds itself."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._known: dict[str, Known] = {}
        self._starts: dict[str, set[str]] = {}
        self._busy: set[str] = set()
        for source in known:
            self._learn(source)

    def identify(self, stream: Stream, *, final: bool = False) -> Match | None:
        """Return the source that this stream is, known or new; None while it has no whole line.

        It is a known source if it begins like it, reaches at least as far as that was read, and has the same bytes
        before that place, which is between two lines of it. A shorter stream is only the same if its head is all of
        it; else it is a source of its own, whose lines are told as copies by their ids. Damage in the stream counts as
        its end.
        """
        head = stream.head(final=final)
        if not head.hashes:
            return None
        alike = self._alike(head)
        busy = next((known for known in alike if known.source in self._busy), None)
        if busy is not None:
            return Match(busy.source, busy.offset, busy.tail, head.hashes, busy=True)
        match = self._match(stream, head, alike)
        if not match.spent:
            self._busy.add(match.source)
        return match

    def advance(self, match: Match, offset: int, tail: str, *, finished: bool = False) -> None:
        """Note how far the stream of this match was read: the offset, and the hash of the 256 bytes before it.

        Call it for each match that is neither `spent` nor `busy`; if nothing was read, with the match's own offset and
        tail.
        """
        self._busy.discard(match.source)
        self._learn(Known(match.source, match.heads, tail, offset, finished))

    def _learn(self, known: Known) -> None:
        if known.heads:
            self._known[known.source] = known
            self._starts.setdefault(known.heads[0], set()).add(known.source)

    def _alike(self, head: Head) -> list[Known]:
        """Return the known sources whose heads agree as far as both go, those read furthest first."""
        found = (self._known[source] for source in self._starts.get(head.hashes[0], ()))
        return sorted(
            (known for known in found if _agree(known, head)), key=lambda known: (-known.offset, known.source)
        )

    def _match(self, stream: Stream, head: Head, alike: list[Known]) -> Match:
        places = stream.places(known.offset for known in alike)
        for known in alike:
            if _passes(known, places):
                return Match(known.source, known.offset, known.tail, _longer(known, head))
        for known in alike:
            if head.whole and len(known.heads) >= len(head.hashes):
                return Match(known.source, known.offset, known.tail, _longer(known, head), spent=True)
        match = Match(self._name(stream, head, places), 0, fingerprint(b""), head.hashes)
        self._learn(Known(match.source, match.heads, match.tail, 0))
        return match

    def _name(self, stream: Stream, head: Head, places: dict[int, Place]) -> str:
        """Return the first head that no known source has; where all are taken, a hash of what sets the stream apart."""
        same = [self._known[source] for source in self._starts.get(head.hashes[0], ())]
        taken = {known.source for known in same}.union(*(known.heads for known in same))
        for name in head.hashes:
            if name not in taken:
                return name
        if places:
            # The same for a stream that grows, so that a run that was killed finds the name again.
            apart = "".join(f"{offset} {place.tail} {place.between_lines}\n" for offset, place in places.items())
            return fingerprint((head.hashes[0] + apart).encode())
        return stream.digest()


def _agree(known: Known, head: Head) -> bool:
    last = min(len(known.heads), len(head.hashes)) - 1
    return known.heads[last] == head.hashes[last]


def _longer(known: Known, head: Head) -> list[str]:
    return max(head.hashes, list(known.heads), key=len)


def _passes(known: Known, places: dict[int, Place]) -> bool:
    place = places.get(known.offset)
    return known.offset == 0 or (place is not None and place.between_lines and place.tail == known.tail)
