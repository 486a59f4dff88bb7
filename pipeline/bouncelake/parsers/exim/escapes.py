r"""Exim's escapes: bytes above 127 as `\303\244`, and what stands between quotation marks."""

import polars as pl

_OCTAL = r"(?:\\[23][0-7]{2})+"


def decoded(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the frame with runs of octal escapes in a column read as UTF-8; what is none is left as it stands."""
    escaped = frame[column].str.contains(_OCTAL).fill_null(value=False)
    if not escaped.any():
        return frame
    # The longest first: a run may begin with another.
    found = frame[column].filter(escaped).str.extract_all(_OCTAL).explode().unique()
    runs = sorted(found.to_list(), key=len, reverse=True)
    changed = pl.col(column).str.replace_many(runs, [_read(run) for run in runs], leftmost=True)
    return frame.with_columns(pl.when(escaped).then(changed).otherwise(column).alias(column))


def _read(run: str) -> str:
    raw = bytes(int(code, 8) for code in run[1:].split("\\"))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return run


def unquoted(text: pl.Expr) -> pl.Expr:
    """Return the text that stood between quotation marks, where backslash and quotation mark are escaped."""
    odd = text.str.contains("\\", literal=True)
    plain = text.str.replace_all(r'\\(["\\])', "${1}")
    return pl.when(odd).then(plain).otherwise(text)
