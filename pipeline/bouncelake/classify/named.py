"""Finds what a refusal names: who lists the sender, and which address, domain or link it blames."""

import polars as pl

from bouncelake.rules import Rule, RuleSet

_USING = r"(?i)(?:blocked using|listed (?:in|by|on|at)|found (?:in|on)|blacklisted (?:at|by|in|on)|block(?:ed)? by) (?:the )?([0-9a-z-]+(?:\.[0-9a-z-]+)+)"
_LOOKUP = r"(?i)https?://(?:www\.)?([0-9a-z-]+(?:\.[0-9a-z-]+)+)[/?]"
_DOMAIN = r"(?i)(?:domain|for|from|of|by|policy for) \[?<?(?:[^ @<>\[\]]*@)?([0-9a-z-]+(?:\.[0-9a-z-]+)*\.[a-z][a-z0-9-]+)"
_BRACKETED = r"(?i)\[([0-9a-z-]+(?:\.[0-9a-z-]+)*\.[a-z][a-z0-9-]+) +[0-9]+\]"
_CIDR = r"([0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2}|[0-9a-f:]+:[0-9a-f:]*/[0-9]{1,3})"
_NO_DOMAIN = r"^(?:[0-9.]+|.*\.(?:html?|php|asp|txt))$"
_LISTING = ("dnsbl_listed", "dnsbl_dead_list", "receiver_dnsbl_broken", "provider_blocklist_or_dnsbl")


class Named:
    """Adds `listed_by`, `blamed` and `blamed_kind` to rows that know their rule."""

    def __init__(self, ruleset: RuleSet) -> None:
        zones = {zone: listing.name for listing in ruleset.blocklists for zone in listing.zones}
        self._zones = dict(sorted(zones.items(), key=lambda pair: -len(pair[0])))
        self._captures = {rule.id: rule.capture for rule in ruleset.rules if rule.capture}
        self._fixed = _fixed(ruleset.rules)

    def add(self, tagged: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with the three columns."""
        with_lists = self._listed(tagged)
        captured = self._captured(with_lists)
        kind = pl.when(pl.col("blamed").is_not_null()).then(pl.col("blames"))
        return captured.with_columns(blamed_kind=kind)

    def _listed(self, tagged: pl.DataFrame) -> pl.DataFrame:
        fixed = tagged.join(self._fixed, on="rule", how="left", maintain_order="left")
        asks = pl.col("fixed").is_null() & pl.col("reason").is_in(_LISTING)
        some = fixed.select("reply", "template", asked=asks).filter("asked").unique("reply")
        if some.is_empty():
            return fixed.rename({"fixed": "listed_by"})
        patterns = pl.Series(list(self._zones), dtype=pl.String).implode()
        zone = pl.col("template").str.extract_many(patterns, leftmost=True).list.first()
        known = zone.replace_strict(self._zones, default=None, return_dtype=pl.String)
        other = pl.coalesce(pl.col("reply").str.extract(_USING, 1), pl.col("reply").str.extract(_LOOKUP, 1))
        found = some.select("reply", found=pl.coalesce(known, other.str.to_lowercase()))
        joined = fixed.join(found, on="reply", how="left", maintain_order="left")
        return joined.with_columns(listed_by=pl.when(asks).then("found").otherwise("fixed")).drop("fixed", "found")

    def _captured(self, tagged: pl.DataFrame) -> pl.DataFrame:
        """Fill `blamed`: an IP is the one that the reply quotes, all else is read from the text."""
        asked = tagged.filter(pl.col("blames").is_not_null() & pl.col("reply").is_not_null())
        distinct = asked.select("rule", "blames", "reply").unique()
        parts = [_read(part, self._captures.get(part["rule"][0])) for part in distinct.partition_by("rule")]
        if not parts:
            return tagged.with_columns(blamed=pl.lit(None, dtype=pl.String))
        joined = tagged.join(pl.concat(parts), on=["rule", "reply"], how="left", maintain_order="left")
        by_ip = pl.col("blames").is_in(["ip", "netblock"])
        return joined.with_columns(blamed=pl.when(by_ip).then(pl.coalesce("read", "quoted_ip")).otherwise("read")).drop("read")


def _fixed(rules: tuple[Rule, ...]) -> pl.DataFrame:
    rows = [(rule.id, rule.listed_by) for rule in rules if rule.listed_by]
    return pl.DataFrame(rows, schema={"rule": pl.String, "fixed": pl.String}, orient="row")


def _read(part: pl.DataFrame, capture: str | None) -> pl.DataFrame:
    """Read the blamed identity from replies of one rule: by its own capture, else by what its kind looks like."""
    text, kind = pl.col("reply"), part["blames"][0]
    found = [text.str.extract(f"(?i){capture}", 1)] if capture else []
    if kind == "netblock":
        found.append(text.str.extract(_CIDR, 1))
    if kind in {"domain", "url", "helo"}:
        found += [text.str.extract(_BRACKETED, 1), text.str.extract(_DOMAIN, 1)]
    value = pl.coalesce(found).str.to_lowercase() if found else pl.lit(None, dtype=pl.String)
    return part.select("rule", "reply", read=pl.when(~value.str.contains(_NO_DOMAIN)).then(value) if kind != "netblock" else value)
