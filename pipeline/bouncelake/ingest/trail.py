"""Remembers the last bytes of a stream, to hash those before a place that lies in the block just read or before it."""

from bouncelake.reading import TAIL, fingerprint


class Trail:
    """The blocks read last, as far back as a place that was told may lie."""

    def __init__(self, offset: int, keep: int) -> None:
        """Take where the first block begins, and how far before the end a place may lie."""
        self._end = offset
        self._keep = keep + TAIL
        self._bytes = b""

    def add(self, block: bytes) -> None:
        """Take the next block."""
        self._bytes = self._bytes[-self._keep :] + block
        self._end += len(block)

    def tail(self, offset: int) -> str:
        """Return the hash of the 256 bytes before the offset."""
        at = len(self._bytes) - (self._end - offset)
        return fingerprint(self._bytes[max(0, at - TAIL) : at])
