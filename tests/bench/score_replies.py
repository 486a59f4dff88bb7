"""Prints how well the shipped rules tag a file of labelled replies, one JSON object per line as `explain -` reads them.

    python tests/bench/score_replies.py PATH [--misses]

A row's `label_any` lists the categories that are right; `spam_related` and `label_by` (`hand` or not) count where they
stand. Rows with an empty `label_any` only count for `unclassified`.
"""

import argparse
import json
import sys
from pathlib import Path

import polars as pl

from bouncelake import rules
from bouncelake.classify import Classifier, explain

_ASKED = ("text", "remote_host", "reply_code", "enhanced_code")
_SHOWN = ("source", "label_any", "category", "reason", "rule", "text")


def main() -> None:
    """Score one file and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("path", type=Path)
    parser.add_argument("--misses", action="store_true", help="print every row whose category is not accepted")
    options = parser.parse_args()
    scored = score(options.path)
    sys.stdout.write(f"{summary(scored)}\n")
    if options.misses:
        for row in scored.filter("wrong").select(_SHOWN).iter_rows(named=True):
            sys.stdout.write(json.dumps(row, ensure_ascii=False)[:400] + "\n")


def score(path: Path) -> pl.DataFrame:
    """Return the rows with their tags, and what is right and wrong about them."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    asked = pl.DataFrame([{name: row.get(name) for name in _ASKED} for row in rows], infer_schema_length=None)
    tags = explain(asked.rename({"enhanced_code": "reply_enhanced"}), Classifier(rules.load()))
    labels = pl.DataFrame([_labels(row) for row in rows], infer_schema_length=None)
    both = pl.concat([labels, tags], how="horizontal")
    judged = pl.col("label_any").list.len() > 0
    right = pl.col("label_any").list.contains(pl.col("category"))
    return both.with_columns(judged=judged, right=judged & right, wrong=judged & ~right)


def _labels(row: dict[str, object]) -> dict[str, object]:
    names = ("source", "kind", "label_any", "label_by", "spam_related")
    return {("spam" if name == "spam_related" else name): row.get(name) for name in names}


def summary(scored: pl.DataFrame) -> str:
    """Return the score by source and by who labelled, the spam figures, and the share without an answer."""
    by_source = scored.filter("judged").group_by("source", "label_by").agg(rows=pl.len(), right=pl.col("right").mean())
    hand = scored.filter(pl.col("label_by") == "hand")
    whole = scored.filter(pl.col("kind") != "phrase")
    blocks = ["ip_reputation", "domain_reputation", "spam_content", "authentication", "policy", "rate_limit"]
    never = pl.col("label_any").list.eval(pl.element().is_in(blocks)).list.all() & pl.col("judged")
    hard = scored.filter(never & (pl.col("bounce") == "hard")).height
    lines = [str(by_source.sort("source", "label_by"))]
    lines += [f"{name}: {_share(part)}" for name, part in (("all", scored), ("hand", hand))]
    lines += [f"spam-related, {name}: {_spam(part)}" for name, part in (("all", scored), ("hand", hand))]
    lines.append(f"unclassified among whole replies: {_mean(whole['category'] == 'unclassified'):.4f}")
    lines.append(f"hard on what can only be a block: {hard}")
    return "\n".join(lines)


def _share(part: pl.DataFrame) -> str:
    judged = part.filter("judged")
    return f"{judged['right'].sum()} of {judged.height} = {_mean(judged['right']):.4f}"


def _mean(flags: pl.Series) -> float:
    return float(flags.sum()) / max(len(flags), 1)


def _spam(part: pl.DataFrame) -> str:
    known = part.filter(pl.col("spam").is_not_null())
    hit = known.filter(pl.col("spam") & pl.col("spam_related")).height
    said, true = known["spam_related"].sum(), known["spam"].sum()
    return f"precision {hit / max(said, 1):.3f}, recall {hit / max(true, 1):.3f} ({known.height} rows)"


if __name__ == "__main__":
    main()
