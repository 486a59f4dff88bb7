"""Joins the lines of a multi-line reply, and takes off what an MTA writes around a reply."""

import polars as pl

_JOIN = r"(?:[ \t\r\n]|\\[rn])+"
_ENHANCED = r"(?:[245]\.[0-9]{1,3}\.[0-9]{1,3}(?:[ \t]+|$))?"
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
    frame = pl.DataFrame({"n": pl.int_range(len(replies), eager=True), "text": replies})
    frame = frame.with_columns(code=pl.col("text").str.extract(r"^([2-5][0-9]{2})-", 1))
    if frame["code"].null_count() < len(frame):
        groups = frame.partition_by("code", maintain_order=True)
        frame = pl.concat([_joined(group) for group in groups]).sort("n")
    text = pl.col("text")
    broken = text.str.contains(r"[\r\n\t]|\\n")
    flat = pl.when(broken).then(text.str.replace_all(_BREAKS, " ")).otherwise(text)
    return frame.select(flat.str.strip_chars()).to_series().alias("reply")


def _joined(group: pl.DataFrame) -> pl.DataFrame:
    """Unfold replies that all begin with one code; the last line has a blank where the others have a hyphen."""
    code = group["code"][0]
    if code is None:
        return group
    text = (
        pl.col("text")
        .str.replace_all(rf"{_JOIN}{code}-{_ENHANCED}[ \t]*", " ")
        .str.replace(rf"{_JOIN}{code}(?: +{_ENHANCED}|$)[ \t]*", " ")
        .str.replace(rf"^{code}-", f"{code} ")
    )
    return group.with_columns(text=text)


def unframe(text: pl.Expr) -> pl.Expr:
    """Return the reply inside what an MTA logged around it (`host x[ip] said: ...`), else the text itself."""
    for frame in _FRAMES:
        text = text.str.replace(f"(?i){frame}", "")
    return text.str.replace(f"(?i){_TAIL}", "")
