"""Cuts a CSV file with a header line into its records, each as a JSON object under one key."""

import csv
import io

import polars as pl

from bouncelake.values.found import Cut, Found, clean

CSV = "csv-record"
"""The key of a record's fields."""


def is_header(line: str) -> bool:
    """Tell the header of a PowerMTA accounting file, which may have its columns in any order after the first."""
    names = line.strip().split(",")
    return names[0] == "type" and {"timeLogged", "rcpt"} <= set(names)


class CsvCutter:
    """Takes the blocks of one stream, as `Cutter` does; the header counts for the lines after it, up to the next."""

    def __init__(self, offset: int = 0, header: str = "") -> None:
        """Take the stream's first line where the blocks begin behind it."""
        self.offset = offset
        self._header = header
        self._rest = b""

    def feed(self, block: bytes, *, trusting: bool = False) -> Cut:  # noqa: ARG002  # nothing is taken on trust here
        """Return the records that these bytes complete."""
        return self._cut(self._rest + block, final=False)

    def undo(self) -> None:
        """Do nothing: what this yields is JSON."""

    def finish(self, *, final: bool) -> Cut:
        """Return the last record, if no more will come."""
        return self._cut(self._rest, final=True) if final else Found().cut(self.offset)

    def _cut(self, data: bytes, *, final: bool) -> Cut:
        lines = clean(data).decode().split("\n")
        if not final:
            lines.pop()
        done, found, run = 0, Found(), list[tuple[int, str]]()
        for offset, record in _records(lines, self.offset):
            done = offset + len(record.encode()) + 1 - self.offset
            if is_header(record):
                self._flush(run, found)
                self._header, run = record.strip(), []
            elif record.strip():
                run.append((offset, record.rstrip("\r")))
        self._flush(run, found)
        done = len(data) if final else done
        self._rest = data[done:]
        self.offset += done
        return found.cut(self.offset)

    def _flush(self, run: list[tuple[int, str]], found: Found) -> None:
        if not run:
            return
        names = self._header.split(",")
        fields = list(csv.reader(io.StringIO("\n".join(text for _, text in run), newline=""), strict=False))
        if len(fields) != len(run):
            fields = [next(csv.reader([text]), []) for _, text in run]
        good = [(offset, row) for (offset, _), row in zip(run, fields, strict=True) if len(row) == len(names)]
        bad = [(offset, text) for (offset, text), row in zip(run, fields, strict=True) if len(row) != len(names)]
        columns = {name: [row[place] for _, row in good] for place, name in enumerate(names)}
        frame = pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in columns.items()})
        if good:
            json = frame.select(pl.struct(pl.struct(names).alias(CSV)).struct.json_encode()).to_series()
            found.values.append(pl.DataFrame({"offset": [offset for offset, _ in good], "text": json}))
        for offset, text in bad:
            found.refuse(offset, text.encode(), "bad_record")


def _records(lines: list[str], offset: int) -> list[tuple[int, str]]:
    """Join the lines that a quoted newline parts; the last record waits while its quotes are open."""
    records, held, begun = [], "", offset
    for line in lines:
        held = f"{held}\n{line}" if held else line
        offset += len(line.encode()) + 1
        if held.count('"') % 2 == 0:
            records.append((begun, held))
            held, begun = "", offset
    return records
