"""Finds what a refusal names: who lists the sender, and which address, domain or link it blames."""

from collections.abc import Sequence

import polars as pl

from bouncelake.rules import RuleSet

_USING = (
    r"(?i)(?:blocked using|block(?:ed)? by|(?:black)?listed (?:in|by|on|at)|found (?:in|on)) (?:the )?"
    r"([0-9a-z-]+(?:\.[0-9a-z-]+)+)"
)
_LOOKUP = r"(?i)https?://(?:www\.)?([0-9a-z-]+(?:\.[0-9a-z-]+)+)[/?]"

# These look at lower case: a search that minds no case takes twice the time.
_NAME = r"([0-9a-z-]+(?:\.[0-9a-z-]+)*\.[a-z][a-z0-9-]+)"
_DOMAIN = rf"(?:domain|for|from|of|by) \[?<?(?:[^ @<>\[\]]*@)?{_NAME}"
_BRACKETED = rf"\[{_NAME} +[0-9]+\]"
_SENDER = rf"^[0-9. ]*<(?:[^ @<>]*@)?{_NAME}>"
_CIDR = r"([0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2}|[0-9a-f:]+:[0-9a-f:]*/[0-9]{1,3})"
_NO_DOMAIN = r"^(?:[0-9.]+|.*\.(?:html?|php|asp|txt))$"
_LISTING = ("dnsbl_listed", "dnsbl_dead_list", "receiver_dnsbl_broken")
_NOTHING = pl.DataFrame(schema={"rule": pl.String, "reply": pl.String, "read": pl.String})


class Named:
    """Adds `listed_by`, `blamed` and `blamed_kind` to rows that know their rule; texts are only read where one asks."""

    def __init__(self, ruleset: RuleSet) -> None:
        zones = {zone: listing.name for listing in ruleset.blocklists for zone in listing.zones}
        self._zones = dict(sorted(zones.items(), key=lambda zone: -len(zone[0])))
        self._patterns = pl.Series(list(self._zones), dtype=pl.String).implode()
        self._captures = {rule.id: rule.capture for rule in ruleset.rules if rule.capture}

    def add(self, matched: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with the three columns."""
        rows = matched.with_row_index("_n")
        for found, name in ((self._lists(rows), "found"), (self._read(rows), "read")):
            some = found.height > 0
            rows = rows.join(found, on="_n", how="left", maintain_order="left") if some else _without(rows, name)
        by_ip = pl.col("blames").is_in(["ip", "netblock"])
        blamed = pl.when(by_ip).then(pl.coalesce("read", "quoted_ip")).otherwise("read")
        kind = pl.when(blamed.is_not_null()).then("blames")
        listed = pl.coalesce("listed_by", "found")
        return rows.with_columns(listed_by=listed, blamed=blamed, blamed_kind=kind).drop("_n", "found", "read")

    def _lists(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the list that each reply names, where the rule does not know it: its name here, else its host."""
        asked = rows.filter(pl.col("listed_by").is_null() & pl.col("reason").is_in(_LISTING))
        zone = pl.col("template").str.extract_many(self._patterns, leftmost=True).list.first()
        known = zone.replace_strict(self._zones, default=None, return_dtype=pl.String)
        host = pl.coalesce(pl.col("reply").str.extract(_USING, 1), pl.col("reply").str.extract(_LOOKUP, 1))
        return asked.select("_n", found=pl.coalesce(known, host.str.to_lowercase()))

    def _read(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return what each reply blames, where that is no plain IP."""
        some = pl.col("may_name") & pl.col("reply").is_not_null()
        asked = rows.filter(some).select("_n", "rule", "blames", "reply")
        distinct = asked.select("rule", "blames", "reply").unique().partition_by("rule")
        values = pl.concat([_NOTHING, *(self._value(part) for part in distinct)])
        return asked.join(values, on=["rule", "reply"], how="left").select("_n", "read")

    def _value(self, part: pl.DataFrame) -> pl.DataFrame:
        """Read replies of one rule: by its own capture, else by what its kind of identity looks like."""
        capture, text = self._captures.get(part["rule"][0]), part["reply"].str.to_lowercase()
        own = (
            part["reply"].str.extract(f"(?i){capture}", 1).str.to_lowercase()
            if capture
            else pl.repeat(None, part.height, dtype=pl.String, eager=True)
        )
        if part["blames"][0] == "netblock":
            return part.select("rule", "reply", read=_filled(own, text, [_CIDR]))
        value = _filled(own, text, [_BRACKETED, _SENDER, _DOMAIN])
        return part.select("rule", "reply", read=value.set(value.str.contains(_NO_DOMAIN), None))


def _filled(values: pl.Series, text: pl.Series, patterns: Sequence[str]) -> pl.Series:
    """Fill what is null with the first pattern's group that is found, each looked for only where none was so far."""
    for pattern in patterns:
        missing = values.is_null()
        if missing.any():
            values = values.scatter(missing.arg_true(), text.filter(missing).str.extract(pattern, 1))
    return values


def _without(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.with_columns(pl.lit(None, dtype=pl.String).alias(name))
