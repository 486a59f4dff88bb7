"""JSON around a line: docker's json-file, fluent-bit's and containerd's lines, journald's export.

Each line is checked to be exactly one JSON object before lines are decoded together, so none can tear another apart.
"""

import polars as pl

from bouncelake.framing import headers, patterns

_LOG = ("log", "message", "stream", "logtag", "time", "timestamp", "@timestamp")
_JOURNAL = (
    "MESSAGE",
    "__REALTIME_TIMESTAMP",
    "_HOSTNAME",
    "SYSLOG_IDENTIFIER",
    "SYSLOG_PID",
    "_PID",
)
_FIELDS = (*_LOG, *_JOURNAL)
_DECODED = pl.Struct(dict.fromkeys(_FIELDS, pl.String()))
_ODD = rf'"(?:{"|".join(_FIELDS)})":[^"n]'
"""A field whose value is neither a string nor null."""
_ARRAY = r'"MESSAGE":\[[0-9,]*\]'
_LOG_TEXT = '"log":"'
_BYTES = r"^\[[0-9,]*\]$"


def unix(moment: pl.Expr) -> pl.Expr:
    """Write an instant as seconds and microseconds since 1970."""
    micros = moment.dt.epoch("us")
    return (micros // 1_000_000).cast(pl.String) + "." + (micros % 1_000_000).cast(pl.String).str.zfill(6)


def read(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the pieces in JSON lines (`offset`, `line`, `outer`, `stream`, `partial`), and the lines that are none."""
    if lines.is_empty():
        return lines.with_columns(stream=pl.lit(None, pl.String), partial=pl.lit(value=False)), lines
    json = lines.select(pl.col("line").str.json_path_match("$")).to_series()
    shapes = json.to_frame("json").select(
        array=pl.col("json").str.contains(_ARRAY), string=pl.col("json").str.contains(_LOG_TEXT)
    )
    frame = (
        lines.hstack(_fields(json))
        .hstack(shapes)
        .with_columns(
            pl.coalesce("log", "message").alias("text"), pl.col("array") & pl.col("MESSAGE").str.contains(_BYTES)
        )
    )
    docker = frame.filter(pl.col("text").is_not_null())
    journal = frame.filter(pl.col("text").is_null() & pl.col("MESSAGE").is_not_null())
    broken = frame.filter(pl.col("text").is_null() & pl.col("MESSAGE").is_null())
    return pl.concat([_docker(docker), _journal(journal)]), broken.select("offset", "line", "outer")


def _fields(json: pl.Series) -> pl.DataFrame:
    """Return the fields of JSON objects as text; a value of another type as its JSON."""
    odd = json.str.contains(_ODD).fill_null(value=True)
    try:
        plain = json.filter(~odd).str.json_decode(_DECODED).struct.unnest()
    except pl.exceptions.ComputeError:
        odd, plain = odd | True, pl.DataFrame(schema=dict.fromkeys(_FIELDS, pl.String()))
    if plain.height == json.len():
        return plain
    slow = (pl.col("json").str.json_path_match(f"$['{name}']").alias(name) for name in _FIELDS)
    both = pl.concat([plain, json.filter(odd).to_frame("json").select(slow)])
    place = pl.concat([odd.not_().arg_true(), odd.arg_true()])
    return both.select(pl.all().gather(place.arg_sort()))


def _docker(frame: pl.DataFrame) -> pl.DataFrame:
    """Read docker's, fluent-bit's and similar lines; docker's own is a piece unless it ends with a newline."""
    piece = pl.col("stream").is_not_null() & pl.col("string") & ~pl.col("log").str.ends_with("\n")
    partial = pl.when(pl.col("logtag").is_not_null()).then(pl.col("logtag").str.starts_with("P")).otherwise(piece)
    at = headers.instants(frame.select(pl.coalesce("time", "timestamp", "@timestamp")).to_series())
    return frame.select(
        "offset",
        line="text",
        outer=pl.coalesce(at, "outer"),
        stream=pl.col("stream").fill_null(""),
        partial=partial,
    )


def _journal(frame: pl.DataFrame) -> pl.DataFrame:
    """Read journald's lines; a bare message gets the header that `journalctl -o short-unix` would write."""
    micros = pl.col("__REALTIME_TIMESTAMP").str.to_integer(strict=False)
    moment = micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    pid = pl.coalesce("SYSLOG_PID", "_PID")
    tag = pl.col("SYSLOG_IDENTIFIER") + pl.when(pid.is_not_null()).then("[" + pid + "]").otherwise(pl.lit(""))
    before = pl.concat_str(unix(moment), pl.col("_HOSTNAME").fill_null("-"), tag, separator=" ") + ": "
    text = _texts(frame)
    bare = ~text.str.contains(patterns.STAMPED)
    return frame.select(
        "offset",
        line=pl.when(bare & before.is_not_null()).then(before + text).otherwise(text),
        outer=pl.coalesce(moment, "outer"),
        stream=pl.lit(""),
        partial=pl.lit(value=False),
    )


def _texts(frame: pl.DataFrame) -> pl.Series:
    """Return the messages; journald writes those that are not UTF-8 as a list of bytes."""
    if not frame["array"].any():
        return frame["MESSAGE"]
    lists = frame.filter("array").select(pl.col("MESSAGE").str.json_decode(pl.List(pl.Float64)))
    place = pl.concat([(~frame["array"]).arg_true(), frame["array"].arg_true()])
    both = pl.concat([frame.filter(~pl.col("array"))["MESSAGE"], decoded(lists.to_series())])
    return both.gather(place.arg_sort())


def decoded(lists: pl.Series) -> pl.Series:
    """Return the texts that lists of byte values are; bad UTF-8 becomes hexadecimal escapes, newlines blanks."""
    codes = pl.col("codes").list.eval(pl.element().replace(ord("\n"), ord(" ")))
    ended = lists.to_frame("codes").select(pl.concat_list(codes, pl.lit(float(ord("\n")))).explode())
    values = ended.to_series().cast(pl.UInt8, strict=False).fill_null(ord("?")).rechunk().to_arrow()
    start = values.offset
    raw = values.buffers()[1].to_pybytes()[start : start + len(values)]
    return pl.read_lines(raw.decode("utf-8", "backslashreplace").encode(), name="text").to_series()
