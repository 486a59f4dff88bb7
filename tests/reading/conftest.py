"""Small logs, and ways to write them."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from bouncelake.reading import Registry, Stream, lines, open_stream

Compress = Callable[[bytes], bytes]
Ingest = Callable[..., list[str]]


def zstd(data: bytes) -> bytes:
    """Compress to one Zstandard frame."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


COMPRESS: dict[str, Compress] = {
    "gz": gzip.compress,
    "bz2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "zst": zstd,
}


@pytest.fixture(params=sorted(COMPRESS))
def packed(request: pytest.FixtureRequest) -> tuple[str, Compress]:
    """Return each way to compress, with its name."""
    return request.param, COMPRESS[request.param]


def log(first: int, last: int, host: str = "mx1") -> bytes:
    """Return lines of a log, numbered."""
    return b"".join(
        f"Nov 11 12:{n // 60 % 60:02}:{n % 60:02} {host} postfix/smtp[{n}]: {n * n:X}: status=sent\n".encode()
        for n in range(first, last)
    )


@pytest.fixture
def logged() -> Callable[..., bytes]:
    """Return the maker of numbered log lines."""
    return log


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Stream]]:
    """Return a function that writes bytes to a file and opens it; all are closed at the end."""
    streams: list[Stream] = []

    def write_and_open(data: bytes, name: str = "mail.log") -> Stream:
        path = tmp_path / name
        path.write_bytes(data)
        streams.append(open_stream(path))
        return streams[-1]

    yield write_and_open
    for stream in streams:
        stream.close()


@pytest.fixture
def ingest() -> Ingest:
    """Return a function that reads what is new in a file or stream, as one run does, and tells the registry."""

    def read(registry: Registry, source: Path | Stream, *, final: bool = False) -> list[str]:
        with open_stream(source) if isinstance(source, Path) else source as stream:
            match = registry.identify(stream, final=final)
            if match is None or match.spent:
                return []
            found, offset, tail = [], match.offset, match.tail
            for chunk in stream.chunks(4096, match.offset, final=final):
                found += lines(chunk)["line"].to_list()
                offset, tail = chunk.end, chunk.tail()
            registry.advance(match, offset, tail, finished=stream.finished)
            return found

    return read
