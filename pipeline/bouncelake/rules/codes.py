"""Expands the short forms in which rule files write codes: `5xx`, `X.7.26`, `5.7.606-649`."""

from collections.abc import Iterable

_LONGEST_RANGE = 100


def reply_codes(values: object) -> tuple[str, ...]:
    """Return SMTP codes as texts; `4xx` and `5xx` stay as written.

    Raises:
        ValueError: a value is no code from 200 to 599.
    """
    codes = [str(value).lower() for value in _listed(values)]
    for code in codes:
        if code not in {"4xx", "5xx"} and not (code.isdecimal() and 200 <= int(code) <= 599):
            raise ValueError(f"is no SMTP code (write 550, 4xx or 5xx): {code!r}")
    return tuple(codes)


def enhanced_codes(values: object) -> tuple[str, ...]:
    """Return enhanced codes one by one: `X.7.26` means class 4 and 5, `5.7.606-649` a range of the last part.

    Raises:
        ValueError: a value is no enhanced status code.
    """
    return tuple(code for value in _listed(values) for code in _expanded(str(value)))


def _listed(values: object) -> list[object]:
    if isinstance(values, str | int):
        return [values]
    if isinstance(values, Iterable):
        return list(values)
    raise ValueError(f"must be a code or a list of codes: {values!r}")


def _expanded(value: str) -> list[str]:
    parts = value.split(".")
    if len(parts) != 3 or parts[0].upper() not in {"4", "5", "X"} or not parts[1].isdecimal():
        raise ValueError(f"is no enhanced status code (write 5.7.26, X.7.26 or 5.7.606-649): {value!r}")
    first, _, last = parts[2].partition("-")
    last = last or first
    if not (first.isdecimal() and last.isdecimal() and 0 <= int(last) - int(first) < _LONGEST_RANGE):
        raise ValueError(f"is no range of enhanced status codes: {value!r}")
    classes = "45" if parts[0].upper() == "X" else parts[0]
    return [f"{c}.{parts[1]}.{n}" for c in classes for n in range(int(first), int(last) + 1)]
