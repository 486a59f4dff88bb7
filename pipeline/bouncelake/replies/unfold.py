"""Joins the lines of a multi-line reply, and takes off what an MTA writes around a reply."""

import polars as pl

from bouncelake.replies.where import where

_JOIN = r"(?:[ \t\r\n]|\\[rn])+"
_ENHANCED = r"(?:[245]\.[0-9]{1,3}\.[0-9]{1,3}(?:[ \t]+|$))?"
_BROKEN = r"[\r\n\t]|\\n"
_BREAKS = r"(?:[ \t]*(?:[\r\n\t]|\\n))+[ \t]*"

# What stands before a reply in the reasons that Postfix, Exim and Sendmail log; the reply itself begins after it.
_EXIM_AFTER = r"^.{0,200}?smtp error from remote mail(?: server|er) (?:after|in response to)[^:]*(?::<[^>]*>[^:]*)?:"
_FRAMES = (
    r"^(?:delivery temporarily suspended: )?(?:protocol error: )?host [^ ]+ (?:said|refused to talk to me): ",
    r"^(?:host|server) [^ ]+(?: \[[^\]]*\])? (?:said|refused to talk to me): ",
    rf"{_EXIM_AFTER}(?: host [^ ]+ \[[^\]]*\]:)? ",
    r"^(?:.{0,400}?remote server (?:returned|said)|smtp;|<<<|>>>) *:? *'?",
    r"^[45]\.[0-9]\.[0-9] - [a-z ]+ (?:[0-9]{3}-)?'",
    r"^[0-9a-z.-]+ (?:\[[0-9a-f.:]+\] )?did not like our [a-z ]+: ",
    r"^.{0,200}?(?:remote host|server) said: ",
)
_TAIL = r" *\(in reply to (?:[a-z ]+ command|end of data[a-z ]*)\)+ *$"


def unfold(replies: pl.Series) -> pl.Series:
    """Return each reply on one line: the code that further lines repeat is dropped, the lines are joined by one blank.

    A line is only joined when it repeats the code of the first, so a number inside the text stays.
    """
    joined = where(replies, replies.str.slice(3, 1) == "-", _joined)
    untidy = joined.str.starts_with(" ") | joined.str.ends_with(" ") | joined.str.contains(_BROKEN)
    return where(joined, untidy, _tidy).alias("reply")


def _joined(replies: pl.Series) -> pl.Series:
    """Unfold replies of several lines, those of one code at a time."""
    frame = replies.alias("text").to_frame().with_row_index("n").with_columns(code=pl.lit(replies.str.head(3)))
    groups = [_of_one_code(group) for group in frame.partition_by("code")]
    return pl.concat(groups).sort("n")["text"]


def _of_one_code(group: pl.DataFrame) -> pl.DataFrame:
    """Unfold replies that all begin with one code; the last line has a blank where the others have a hyphen."""
    code = group["code"][0]
    if not code.isdecimal():
        return group
    again = group["text"].str.slice(4).str.contains(code, literal=True)
    text = where(group["text"], again, lambda texts: _without_code(texts, code))
    return group.with_columns(text=text.str.replace(rf"^{code}-", f"{code} "))


def _without_code(texts: pl.Series, code: str) -> pl.Series:
    further = texts.str.replace_all(rf"{_JOIN}{code}-{_ENHANCED}[ \t]*", " ")
    return further.str.replace(rf"{_JOIN}{code}(?: +{_ENHANCED}|$)[ \t]*", " ")


def _tidy(replies: pl.Series) -> pl.Series:
    return replies.str.replace_all(_BREAKS, " ").str.strip_chars()


def unframe(text: pl.Expr) -> pl.Expr:
    """Return the reply inside what an MTA logged around it (`host x[ip] said: ...`), else the text itself."""
    for frame in _FRAMES:
        text = text.str.replace(f"(?i){frame}", "")
    return text.str.replace(f"(?i){_TAIL}", "")
