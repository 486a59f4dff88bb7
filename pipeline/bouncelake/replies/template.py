"""A reply with its volatile parts replaced, so that thousands of replies become one text that rules are matched on."""

import polars as pl

from bouncelake.replies.where import where

# The text is lower case here. Order matters: a mail address is taken before the host name inside it.
_PLACEHOLDERS = (
    (r"[0-9a-z._%+=-]*@[0-9a-z.-]+", "<mail>"),
    (r"(?-u:\b)[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}(?:/[0-9]{1,3})?", "<ip>"),
    (r"(?-u:\b)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?(?-u:\b)", "<ip>"),
    (r"(?-u:\b)[0-9a-z]*[0-9][a-z][0-9a-z]*(?:-[0-9a-z]+)*(?-u:\b)", "<id>"),
    (r"(?-u:\b)[0-9]{5,}(?-u:\b)", "<n>"),
)

# Volatile parts that only a known neighbour tells, each with a literal that it holds; few replies have one.
_NEIGHBOURS = (
    (r" [^ ]*<id>[^ ]* - gsmtp", " <id> - gsmtp", "gsmtp"),
    (r"\[<ip> +[0-9]+\]", "[<ip>]", "[<ip> "),
    (r"[0-9a-z_-]+(?:\.[0-9a-z_<>-]+)+\[<ip>\]", "<host>[<ip>]", "[<ip>]"),
    (r"\[[^ \]]+\.outlook\.com [^\]]*\]", "[<server>]", ".outlook.com "),
    (r"name=[^ ]+ type=[a-z]+", "name=<host> type=<type>", "name="),
    (r'unknown user: "[^"]*"', "unknown user: <name>", "unknown user: "),
    (r"hosts? for '[^']*'", "hosts for <host>", " for '"),
)
_BLANKS = r"[ \t]{2,}"
_SOME_NEIGHBOUR = r"gsmtp|\[<ip>|\.outlook\.com |name=|unknown user: |host for '|hosts for '|  |\t"
_GLUED = r"^([245][0-9]{2})([a-z\[(<#:;])"


def template(replies: pl.Series) -> pl.Series:
    """Return unfolded replies as rules see them: lower case, volatile parts replaced, one blank between words."""
    text = replies.str.to_lowercase()
    text = where(text, text.str.contains(_GLUED), lambda some: some.str.replace(_GLUED, "${1} ${2}"))
    for pattern, word in _PLACEHOLDERS:
        text = text.str.replace_all(pattern, word)
    return where(text, text.str.contains(_SOME_NEIGHBOUR), _neighbours).alias("template")


def _neighbours(text: pl.Series) -> pl.Series:
    for pattern, word, literal in _NEIGHBOURS:
        text = _replaced(text, text.str.contains(literal, literal=True), pattern, word)
    return text.str.replace_all(_BLANKS, " ")


def _replaced(text: pl.Series, asked: pl.Series, pattern: str, word: str) -> pl.Series:
    return where(text, asked, lambda some: some.str.replace_all(pattern, word))
