"""Cuts a stream into its values, block by block: each with the offset of its first byte, in bounded memory.

Most files have one object per line; these are told by their first and last characters, all at once. What is between
such lines (arrays, printed objects, objects run together, form bodies, rubbish) is scanned for braces.
"""

import codecs
from collections.abc import Iterator

import polars as pl

from bouncelake.values.engine import valid
from bouncelake.values.forms import form
from bouncelake.values.found import KEPT, REFUSED, Cut, Found, clean
from bouncelake.values.region import searched

VALUE_LIMIT = 16 * 1024 * 1024
"""Bytes of a value; a longer one is refused."""
_SHORT = 64 * 1024
"""Bytes of an unfinished line behind which no whole value is looked for until its end has come."""
_MOST_REGIONS = 64
"""Regions of a block that are scanned one by one; with more of them the block is scanned as a whole."""

_ASCII = bytes(32 if byte == 13 else 63 if byte > 127 else byte for byte in range(256))


class Cutter:
    """Takes the blocks of one stream, which may be cut anywhere; what they yield does not depend on that."""

    def __init__(self, offset: int = 0, limit: int = VALUE_LIMIT) -> None:
        self._offset = offset
        self._limit = limit
        self._rest = b""
        self._skipping = False
        self._before = (offset, b"", False)

    def feed(self, block: bytes, *, trusting: bool = False) -> Cut:
        """Return what these bytes complete.

        When `trusting`, lines that look like one object each are not checked: whoever decodes them will know. After
        `undo` the same bytes can be fed again.
        """
        self._before = (self._offset, self._rest, self._skipping)
        if trusting and not self._skipping:
            cut = self._simple(block)
            if cut is not None:
                return _limited(cut, self._limit)
        if self._skipping:
            block = self._skip(block)
        return _limited(self._cut(self._rest + block, final=False), self._limit)

    def undo(self) -> None:
        """Go back to where the last `feed` began."""
        self._offset, self._rest, self._skipping = self._before

    def _simple(self, block: bytes) -> Cut | None:
        """Return the lines of the block if each looks like one object, else null."""
        whole = block.rfind(b"\n") + 1
        if not whole or len(block) - whole > _SHORT:
            return None
        data = self._rest + block[:whole]
        lines = _lines(data, self._offset)
        looks = lines.select(((pl.col("text") == "") | pl.col("single")).all()).item()
        if not looks:
            return None
        self._rest = block[whole:]
        self._offset += len(data)
        found = Found()
        found.values.append(_some(lines, pl.col("text") != "").select("offset", "text"))
        return found.cut(self._offset)

    def finish(self, *, final: bool) -> Cut:
        """Return what waited and is complete as it stands; if `final`, all of it, for no more will come."""
        complete = not self._skipping and form(clean(self._rest).decode()) is not None
        return _limited(self._cut(self._rest, final=final or complete), self._limit)

    def _skip(self, block: bytes) -> bytes:
        """Pass over the rest of a value that is too long; it ends at a newline, or where another object begins."""
        data = self._rest + block
        ends = [place + 1 for place in (data.find(b"\n"), data.find(b'}{"')) if place >= 0]
        # The last bytes stay: the mark may be cut in two.
        gone = min(ends) if ends else max(0, len(data) - 2)
        self._skipping = not ends
        self._offset += gone
        self._rest = b""
        return data[gone:]

    def _cut(self, data: bytes, *, final: bool) -> Cut:
        if self._skipping:
            self._rest, self._offset = (b"", self._offset + len(data)) if final else (data, self._offset)
            return Found().cut(self._offset)
        if self._offset == 0:
            data = data.replace(codecs.BOM_UTF8, b"   ", 1) if data.startswith(codecs.BOM_UTF8) else data
        found = Found()
        end = self._find(data, found, final=final)
        self._rest = data[end:]
        self._offset += end
        cut = found.cut(self._offset)
        if len(self._rest) > self._limit:
            return self._too_long(cut)
        return cut

    def _too_long(self, cut: Cut) -> Cut:
        """Refuse the value that the rest begins with, and pass over it."""
        row = (self._offset, clean(self._rest[:KEPT]).decode(), "too_long")
        self._skipping = True
        block, self._rest = self._rest, b""
        self._rest = self._skip(block)
        refused = pl.concat([cut.refused, pl.DataFrame([row], schema=REFUSED, orient="row")])
        return Cut(cut.values, cut.others, refused, self._offset)

    def _find(self, data: bytes, found: Found, *, final: bool) -> int:
        """Gather what the data hold and return how much of them is done with."""
        whole = len(data) if final else data.rfind(b"\n") + 1
        lines = _lines(data[:whole], self._offset)
        wanted = lines.filter(pl.col("text") != "")
        single = wanted.filter("single")
        single = single.filter(valid(single["text"]))
        found.values.append(single.select("offset", "text"))
        if single.height == wanted.height:
            if whole == len(data):
                return whole
            return self._region(data, whole, len(data), found, final=final)
        return self._between(data, lines, single, found, final=final)

    def _between(self, data: bytes, lines: pl.DataFrame, single: pl.DataFrame, found: Found, *, final: bool) -> int:
        """Gather what stands between the single-line objects; where that is in many places, all of it anew."""
        regions = list(self._regions(len(data), lines, single))
        if len(regions) > _MOST_REGIONS:
            found.values.clear()
            regions = [(0, len(data))]
        done = len(data)
        for start, stop in regions:
            end = self._region(data, start, stop, found, final=final or stop < len(data))
            done = end if stop == len(data) else done
        return done

    def _regions(self, size: int, lines: pl.DataFrame, single: pl.DataFrame) -> Iterator[tuple[int, int]]:
        """Yield where the runs of other lines begin and end; the last one takes the unfinished line with it."""
        marked = lines.join(single.select("offset", found=True), on="offset", how="left", maintain_order="left")
        plain = marked.select("offset", other=pl.col("found").is_null()).with_columns(run=pl.col("other").rle_id())
        runs = plain.group_by("run", maintain_order=True).agg(pl.col("offset", "other").first())
        starts = [*(runs["offset"] - self._offset).to_list(), size]
        for number, other in enumerate(runs["other"].to_list()):
            if other:
                yield starts[number], starts[number + 1]
        if runs.height and not runs["other"][-1]:
            behind = _line_end(lines, self._offset)
            if behind < size:
                yield behind, size

    def _region(self, data: bytes, start: int, stop: int, found: Found, *, final: bool) -> int:
        return start + searched(data[start:stop], self._offset + start, found, final=final)


def _limited(cut: Cut, limit: int) -> Cut:
    """Refuse the values that are too long but came in one block."""
    long = cut.values["text"].str.len_bytes() > limit
    if not long.any():
        return cut
    told = cut.values.filter(long).select("offset", pl.col("text").str.head(KEPT), reason=pl.lit("too_long"))
    refused = pl.concat([cut.refused, told]).sort("offset", maintain_order=True)
    return Cut(cut.values.filter(~long), cut.others, refused, cut.end)


def _line_end(lines: pl.DataFrame, offset: int) -> int:
    return int(lines["offset"][-1] + lines["bytes"][-1] + 1 - offset)


def _lines(data: bytes, offset: int) -> pl.DataFrame:
    """Return `offset`, `text`, `bytes` of whole lines, and `single`: one that looks like one object."""
    text = pl.read_lines(clean(data), name="text")["text"] if data else pl.Series("text", [], pl.String)
    measured = text if b"\r" not in data else pl.read_lines(data.translate(_ASCII), name="text")["text"]
    sizes = measured.str.len_bytes().cast(pl.Int64)
    frame = pl.DataFrame(
        [
            (sizes.cum_sum() - sizes + offset + pl.int_range(len(sizes), eager=True)).alias("offset"),
            text,
            sizes.alias("bytes"),
        ]
    )
    ended = pl.col("text").str.ends_with("}")
    if not frame.select(ended.all()).item():
        frame = frame.with_columns(pl.col("text").str.strip_chars_end(", \r\t"))
    return frame.with_columns(single=pl.col("text").str.starts_with("{") & ended)


def _some(frame: pl.DataFrame, wanted: pl.Expr) -> pl.DataFrame:
    """Return the wanted rows; the frame itself where that is all of them, for a copy of its texts is dear."""
    chosen = frame.select(wanted).to_series()
    return frame if chosen.all() else frame.filter(chosen)
