"""Reads the TOML files of the shipped rules and of a user's own folder into one checked `RuleSet`."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bouncelake.errors import RuleError
from bouncelake.resources import shipped
from bouncelake.rules.model import Blocklist, Foreign, Provider, Reason, Rule
from bouncelake.rules.ruleset import RuleSet

Shape = TypeVar("Shape", bound=BaseModel)
Table = dict[str, Any]

_KINDS = ("rule", "provider", "reason", "blocklist")
_INHERITED = ("category", "spam_signal", "bounce", "owner", "severity", "meaning", "remedy", "doc")


def load(user: Path | None = None) -> RuleSet:
    """Return the shipped rules, with those of the user's folder before them.

    In the user's files a rule, provider, reason or blocklist replaces the shipped one of the same id or name,
    `disable = ["id"]` switches rules off, and all else adds.

    Raises:
        RuleError: a file cannot be read or holds a wrong value; the message names file, line and rule.
    """
    ours = _folder(shipped("rules"))
    theirs = _folder(user) if user else []
    tables = {kind: _merged(kind, ours, theirs) for kind in _KINDS}
    reasons = {table["name"]: table for table in tables["reason"]}
    off = _disabled(ours + theirs, {table["id"] for table in tables["rule"]})
    rules = [_rule(table, reasons) for table in tables["rule"] if table["id"] not in off]
    return RuleSet(
        rules=tuple(sorted(rules, key=lambda rule: rule.id)),
        providers=tuple(_shaped(Provider, table) for table in tables["provider"]),
        reasons=tuple(_shaped(Reason, table) for table in tables["reason"]),
        blocklists=tuple(_shaped(Blocklist, table) for table in tables["blocklist"]),
        words=_words(ours + theirs),
    )


def _folder(folder: Path) -> list[Table]:
    """Return each file's tables; every table knows its file and line."""
    if not folder.is_dir():
        raise RuleError(f"no such folder of rules: {folder}; make it, or leave `rules` out of the configuration")
    return [_file(path) for path in sorted(folder.glob("*.toml"))]


def _file(path: Path) -> Table:
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{path}: is no valid TOML: {error}") from error
    unknown = sorted(set(content) - {*_KINDS, "disable", "foreign"})
    if unknown:
        raise RuleError(f"{path}: unknown table {unknown[0]!r}; a file holds [[rule]], [[provider]], [[reason]],"
                        " [[blocklist]] and disable")  # fmt: skip
    content["file"] = str(path)
    for kind in _KINDS:
        lines = [n for n, line in enumerate(text.split("\n"), 1) if re.match(rf"\s*\[\[\s*{kind}\s*\]\]", line)]
        for table, line in zip(content.get(kind, []), lines, strict=False):
            table["file"], table["line"] = str(path), line
    return content


def _words(files: list[Table]) -> tuple[Foreign, ...]:
    """Return the words of other tools; a user's file comes after ours and replaces a word."""
    found: dict[tuple[str, str], Foreign] = {}
    for content in files:
        for tool, words in content.get("foreign", {}).items():
            for word, categories in words.items():
                table = {"tool": tool, "word": word, "categories": categories}
                found[tool, word] = _shaped(Foreign, table | {"name": word, "file": content["file"], "line": 1})
    return tuple(found.values())


def _key(kind: str) -> str:
    return "name" if kind in {"reason", "blocklist"} else "id"


def _merged(kind: str, ours: list[Table], theirs: list[Table]) -> list[Table]:
    return list((_named(kind, ours) | _named(kind, theirs)).values())


def _named(kind: str, files: list[Table]) -> dict[str, Table]:
    """Return the tables of one kind by name; within one folder a name must be unique."""
    found: dict[str, Table] = {}
    for table in (table for content in files for table in content.get(kind, [])):
        name = table.get(_key(kind))
        if not isinstance(name, str):
            raise RuleError(f"{_place(table)}: a [[{kind}]] needs {_key(kind)!r}; give it one")
        if name in found:
            raise RuleError(f"{_place(table)}: {kind} {name!r} is already in {_place(found[name])}; rename one")
        found[name] = table
    return found


def _disabled(files: list[Table], known: set[str]) -> set[str]:
    off = {str(name) for content in files for name in content.get("disable", [])}
    if off - known:
        raise RuleError(f"disable names a rule that does not exist: {min(off - known)!r}; see `rules list`")
    return off


def _place(table: Table) -> str:
    return f"{table.get('file')}:{table.get('line')}"


def _rule(table: Table, reasons: dict[str, Table]) -> Rule:
    """Build a rule; what it leaves out comes from its reason."""
    reason = reasons.get(str(table.get("reason")))
    if reason is None:
        raise RuleError(f"{_place(table)}: rule {table['id']!r}: unknown reason {table.get('reason')!r};"
                        " use one of the [[reason]] names, or add one")  # fmt: skip
    same = table.get("category", reason.get("category")) == reason.get("category")
    if not same:
        raise RuleError(f"{_place(table)}: rule {table['id']!r}: reason {reason['name']!r} belongs to category"
                        f" {reason.get('category')!r}, not {table['category']!r}")  # fmt: skip
    inherited = {name: reason[name] for name in _INHERITED if name in reason}
    return _shaped(Rule, inherited | table, keep_place=True)


def _shaped(shape: type[Shape], table: Table, *, keep_place: bool = False) -> Shape:
    place = set() if keep_place else {"file", "line"} | ({"name"} if shape is Foreign else set())
    content = {key: value for key, value in table.items() if key not in place}
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the table"
        name = table.get("id", table.get("name"))
        message = first["msg"].removeprefix("Value error, ")
        raise RuleError(f"{_place(table)}: {shape.__name__.lower()} {name!r}: {where}: {message}") from error
