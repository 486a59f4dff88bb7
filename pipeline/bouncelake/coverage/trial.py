"""Tags a log, or a list of replies, without a lake of one's own, and says what matched and why."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from bouncelake.classify import Classifier, explain
from bouncelake.config import Config
from bouncelake.errors import InputError, UsageError
from bouncelake.ingest import Options, ingest
from bouncelake.lake import Lake
from bouncelake.lake.reclassify import retagged
from bouncelake.reading import find, lines, open_stream
from bouncelake.rules import Rule, why
from bouncelake.schema import EVENTS

FIELDS = ("text", "remote_host", "reply_code", "reply_enhanced", "provider", "stage")
_SAME = (
    "rule", "matched_by", "provider", "category", "reason", "spam_signal", "bounce", "owner", "severity", "template",
)  # fmt: skip
_CODES = ("reply_code", "reply_enhanced")
_SCHEMA = {name: EVENTS.polars()[name] for name in (*_SAME, *_CODES)} | {"replies": pl.Int64()}


def tried(path: str, config: Config, classifier: Classifier) -> pl.DataFrame:
    """Return one row per template and answer of a log, or of a file with one reply per line; the most frequent first.

    `replies` says how often, `why` which conditions of the rule were met. JSON lines may have what `explain` takes. A
    file that is no known log is taken for replies. `-` is standard input.
    """
    with tempfile.TemporaryDirectory(prefix="bouncelake-") as folder:
        file = _spooled(Path(folder)) if path == "-" else path
        grouped = None if _are_replies(file) else _of_log(file, config, Path(folder) / "lake", classifier)
        if grouped is None:
            grouped = _summed([_grouped(explain(part, classifier)) for part in _replies(file)])
    known = classifier.ruleset.by_id
    reasons = [_why(known, row) for row in grouped.select("rule", "template", "provider").iter_rows()]
    return grouped.select(
        "replies", "rule", "matched_by", pl.Series("why", reasons, pl.String), *_SAME[2:-1], *_CODES, "template"
    )


def _spooled(folder: Path) -> str:
    """Return a file with all of standard input: it may have to be read twice."""
    with (folder / "input").open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return str(folder / "input")


def _are_replies(file: str) -> bool:
    """Tell a file of JSON lines that have a `text`."""
    for part in _lines(file):
        head = part.filter(part.str.strip_chars() != "").head(1)
        return bool(head.len()) and head[0].startswith("{") and _field(head, "text")[0] is not None
    return False


def _lines(file: str) -> Iterator[pl.Series]:
    """Yield the lines of one file, some at a time."""
    found = find([file])
    if found.errors:
        raise UsageError(str(found.errors[0]))
    try:
        for each in found.inputs:
            with open_stream(each) as stream:
                yield from (lines(chunk)["line"] for chunk in stream.chunks(final=True))
                if stream.error is not None:
                    raise stream.error
    except InputError as error:
        raise UsageError(str(error)) from error


def _replies(file: str) -> Iterator[pl.DataFrame]:
    for part in _lines(file):
        some = part.filter(part.str.strip_chars() != "")
        plain = ~some.str.starts_with("{")
        fields = {name: _field(some, name).set(plain, None) for name in FIELDS}
        text = fields["text"].zip_with(fields["text"].is_not_null(), some)
        yield pl.DataFrame(fields).with_columns(text=text)


def _field(texts: pl.Series, name: str) -> pl.Series:
    asked = texts.set(~texts.str.starts_with("{"), "{}")
    return asked.str.json_path_match(f"$.{name}").alias(name)


def _of_log(file: str, config: Config, folder: Path, classifier: Classifier) -> pl.DataFrame | None:
    """Return the answers of a log; nothing where hardly a line of it is one of a log."""
    settings = config.model_copy(update={"lake": folder})
    outcome = ingest([file], settings, Options(final=True))
    if not outcome.accounts and outcome.errors:
        raise UsageError(str(outcome.errors[0]))
    # Empty lines between replies count as context.
    if all(not each.events and each.refused >= each.context + each.foreign for each in outcome.accounts):
        return None
    events = Lake.open(folder)
    parts = (pl.read_parquet(each, hive_partitioning=False) for each in events.files("events"))
    return _summed([_grouped(retagged(part, classifier)) for part in parts])


def _grouped(tagged: pl.DataFrame) -> pl.DataFrame:
    refused = tagged.filter(pl.col("category").is_not_null())
    grouped = refused.group_by(_SAME).agg(pl.col(_CODES).first(), replies=pl.len().cast(pl.Int64))
    return grouped.select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())


def _summed(parts: list[pl.DataFrame]) -> pl.DataFrame:
    every = pl.concat([pl.DataFrame(schema=_SCHEMA), *parts])
    summed = every.group_by(_SAME).agg(pl.col(_CODES).first(), pl.col("replies").sum())
    return summed.sort("replies", "template", "rule", "bounce", descending=[True, False, False, False])


def _why(known: Mapping[str, Rule], row: tuple[str | None, str | None, str | None]) -> str:
    rule = known.get(row[0] or "")
    return why(rule, row[1], row[2]) if rule and row[1] else ""
