"""How one value is written: for machines without loss, for people so that it can be read at a glance."""

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

MISSING = "-"
_TO_THE_MINUTE = {"first_seen", "last_seen", "oldest", "arrived"}
_NAMES = {"reply_code", "remote_port"}  # numbers that only name something


def plain(value: Any) -> Any:  # noqa: ANN401 - any value that a table can hold
    """Return a value as JSON and CSV can hold it: times in ISO form, bytes in hex, what is no number as null."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return _simple(value)


def _simple(value: Any) -> float | str | None:  # noqa: ANN401 - any value that holds no other
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)


def readable(value: Any, column: str) -> str:  # noqa: ANN401 - any value that a table can hold
    """Return a value for a person; shares and changes, told by their column's name, are written in percent.

    >>> readable(0.1234, "refused_share"), readable(12345, "answered"), readable(-0.05, "change")
    ('12.3%', '12,345', '-5.0 pp')
    """
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return _number_for_people(value, column)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if column in _TO_THE_MINUTE else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return ", ".join(readable(one, column) for one in value)
    return json.dumps(plain(value), ensure_ascii=False) if isinstance(value, dict) else str(plain(value))


def percent(share: float) -> str:
    """Return a share in percent, with one decimal."""
    return f"{share * 100:.1f}%"


def _number_for_people(value: float | Decimal, column: str) -> str:
    if not isinstance(value, int):
        return _fraction(float(value), column)
    return str(value) if column in _NAMES else f"{value:,}"


def _fraction(value: float, column: str) -> str:
    if not math.isfinite(value):
        return MISSING
    if column == "change":
        return f"{value * 100:+.1f} pp"
    if column.endswith(("_share", "_rate", "share_before")) or column == "part":
        return percent(value)
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def is_number(dtype: pl.DataType) -> bool:
    """Tell whether a column's values are set to the right."""
    return dtype.is_numeric()
