"""The shipped rules: clean, complete, and true to their own examples."""

import json
from pathlib import Path

import polars as pl
import pytest

from bouncelake import resources, rules
from bouncelake.classify import Classifier, explain
from bouncelake.rules import RuleSet, schema

HARD = {
    "mailbox_unknown",
    "mailbox_disabled",
    "mailbox_inactive",
    "mailbox_full_inactive",
    "moved",
    "address_syntax",
    "null_mx",
}


def test_lint_is_clean(shipped: RuleSet) -> None:
    """Every rule wins its examples, loses its near misses, and keeps the house rules."""
    assert [f"{one.rule}: {one.problem}: {one.message}" for one in rules.lint(shipped)] == []


def test_raw_text_and_template_give_the_same_rule(shipped: RuleSet) -> None:
    """Rules see templates: what a reply's template loses may never have decided."""
    texts = [text for rule in shipped.rules for text in (*rule.examples, *rule.near_misses)]
    once = explain(pl.DataFrame({"text": texts}), Classifier(shipped))
    again = explain(once.select(text="template"), Classifier(shipped))
    differs = once.filter(once["rule"].ne_missing(again["rule"]))
    assert differs.select("text", "rule").rows() == []


def test_only_reasons_about_the_address_are_hard(shipped: RuleSet) -> None:
    """Nothing but a dead address may suppress one."""
    assert {rule.reason for rule in shipped.rules if rule.bounce == "hard"} <= HARD


def test_every_reason_of_a_rule_is_in_the_taxonomy(shipped: RuleSet) -> None:
    """Reasons are a closed list, and each has what a report needs."""
    known = {reason.name: reason for reason in shipped.reasons}
    assert {rule.reason for rule in shipped.rules} <= set(known)
    assert all(reason.meaning and reason.remedy for reason in shipped.reasons)


def test_rule_schema_is_up_to_date() -> None:
    """The JSON Schema for editors is what the code demands; `python -m bouncelake.rules.schema` writes it."""
    kept = Path(resources.shipped("rules")) / "rule.schema.json"
    assert json.loads(kept.read_text("utf-8")) == schema.document()


def test_remedies_have_one_row_per_rule(shipped: RuleSet) -> None:
    """The view `remedies` can explain every rule that events name."""
    frame = shipped.remedies()
    assert frame.height == len(shipped.rules)
    assert frame["rule"].n_unique() == frame.height
    assert frame.select("meaning", "remedy", "family", "severity").null_count().sum_horizontal().item() == 0


def test_foreign_words_map_to_our_categories(shipped: RuleSet) -> None:
    """The table of other tools' words names only categories that exist."""
    known = {reason.category for reason in shipped.reasons} | {None}
    frame = shipped.foreign()
    assert set(frame["category"]) <= known
    assert {"sisimai", "sparkpost", "kumomta", "powermta", "zonemta"} <= set(frame["tool"])
    assert frame.select("tool", "word", "category").is_unique().all()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            "421 4.7.0 IP not in whitelist for RCPT domain, closing connection. x1si2.3 - gsmtp",
            "recipient_domain_allowlist",
        ),
        (
            "421-4.7.0 This message does not have authentication information. 421 4.7.0 x1si2.3 - gsmtp",
            "spf_and_dkim_fail",
        ),
        (
            "421-4.7.0 [192.0.2.7] Our system has detected an unusual rate of unsolicited mail. - gsmtp",
            "unsolicited_rate_ip",
        ),
        (
            "550 5.7.1 Our system has detected that this message is likely unsolicited mail. - gsmtp",
            "likely_unsolicited",
        ),
        ("550 5.7.1 Unauthenticated email is not accepted from this domain. - gsmtp", "spf_and_dkim_fail"),
        (
            "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional - gsmtp",
            "recipient_rate",
        ),
        (
            "550 5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy - gsmtp",
            "dmarc_policy_reject",
        ),
        (
            "550 5.7.26 The MAIL FROM domain [example.org] has an SPF record with a hard fail policy (-all) - gsmtp",
            "spf_hardfail",
        ),
        ("552 5.2.2 The email account that you tried to reach is over quota. - gsmtp", "mailbox_full"),
    ],
)
def test_what_operators_look_up_first(shipped: RuleSet, reply: str, reason: str) -> None:
    """Gmail's refusals that fill help pages have their own reason and steps to take."""
    row = explain(pl.DataFrame({"text": [reply]}), Classifier(shipped)).row(0, named=True)
    assert (row["provider"], row["reason"]) == ("google", reason)
    assert row["remedy"]
    assert row["doc"]
