"""Tells a stream of values (what providers' webhooks post) from a log of lines, by its first bytes."""

import re
from collections.abc import Mapping
from types import ModuleType

import polars as pl

from bouncelake.parsers import esp
from bouncelake.values import Cutter, is_header

_JSON = re.compile(rb"^[\x00\xef\xbb\xbf\s]*(?:\{\s*[\"}]|\[[\s\[]*[{\]])")
_FORM = re.compile(rb"^(?:[A-Za-z0-9._%+-]+=[^\s&]*&)*(?:mandrill_events|token|signature)=")
_BOXED = r'^\{(?:[^{}]*,)?"(?:log|message|MESSAGE)"\s*:\s*["\[]'
"""JSON of docker, journald and log shippers: the lines inside are a log's."""


def holds_values(sample: bytes, providers: Mapping[str, ModuleType], *, forced: bool) -> bool:
    """Tell whether the stream that begins like this is read value by value.

    JSON is, unless it is the JSON that containers and journald write around the lines of a log.
    """
    if not providers or forced or not sample:
        return bool(providers) and forced
    if _FORM.match(sample) or is_header(sample.split(b"\n", 1)[0].decode("utf-8", "replace")):
        return True
    if not _JSON.match(sample):
        return False
    cut = Cutter().feed(sample)
    if esp.claimed(cut.values, cut.others, providers):
        return True
    boxed = cut.values.select(pl.col("text").str.contains(_BOXED).any()).item()
    return not boxed
