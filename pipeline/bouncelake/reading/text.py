"""Tells a log from a binary file by its first bytes."""

import re

from bouncelake.errors import InputError

HEAD = 64 * 1024
CONTROL = bytes(byte for byte in range(32) if byte not in b"\0\a\b\t\n\v\f\r\x1b") + b"\x7f"
NOT_CONTROL = bytes(byte for byte in range(256) if byte not in CONTROL)

KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1f\x8b\x08", "gzip data inside compressed data; decompress it once"),
    (0, b"\xfd7zXZ\x00", "xz data inside compressed data; decompress it once"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard data inside compressed data; decompress it once"),
    (0, b"\x04\x22\x4d\x18", "lz4 data; decompress it first"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (0, b"PK\x03\x04", "a zip archive; unpack it first"),
    (257, b"ustar", "a tar archive; unpack it first"),
    (0, b"\xff\xfe", "UTF-16 text; convert it to UTF-8 first"),
    (0, b"\xfe\xff", "UTF-16 text; convert it to UTF-8 first"),
    (0, b"LPKSHHRH", "a systemd journal; give the output of `journalctl -o json` instead"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"\x7fELF", "a program"),
    (0, b"\x89PNG\r\n\x1a\n", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"GIF8", "a picture"),
    (0, b"%PDF-", "a PDF document"),
)


class BinaryInputError(InputError):
    """The input is no text, so it is no log."""


def check_text(head: bytes, name: str) -> None:
    """Raise a BinaryInputError if a stream that begins with these bytes is no text.

    Bytes that are no UTF-8 are fine, a few control bytes too, and so is a hole of NULs; many of either are not.
    """
    for at, magic, kind in KINDS:
        if head.startswith(magic, at):
            raise BinaryInputError(f"{name}: not a log: it is {kind}")
    text = head.translate(None, b"\0")
    control = len(text.translate(None, NOT_CONTROL))
    holes = len(re.findall(b"\0+", head))
    if (control > 8 and control * 30 > len(text)) or (holes > 8 and holes * 200 > len(head)):
        raise BinaryInputError(f"{name}: not a log: it holds binary data; if it is a log, decode it to text first")
