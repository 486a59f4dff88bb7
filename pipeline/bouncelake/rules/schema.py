"""The JSON Schema of rule files, which editors complete and check by.

`python -m bouncelake.rules.schema` prints it; the file `rules/rule.schema.json` keeps it.
"""

import json
import sys
from typing import Any, get_args

from bouncelake.rules.model import Blame, Bounce, Category, Owner, Signal

Part = dict[str, Any]

_CODE = r"^(?:[2-5][0-9]{2}|[45]xx)$"
_ENHANCED = r"^[45X]\.[0-9]{1,3}\.[0-9]{1,3}(?:-[0-9]{1,3})?$"


def document() -> Part:
    """Return the schema of one rule file: rules, providers, reasons, blocklists, other tools' words."""
    tables = {"rule": _rule(), "provider": _provider(), "reason": _reason(), "blocklist": _blocklist()}
    word = {"type": "array", "items": {"enum": list(get_args(Category))}, "minItems": 1}
    others: Part = {
        "disable": _texts("Ids of shipped rules that are switched off."),
        "foreign": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": word}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bouncelake rules: what replies of mail servers mean",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"type": "array", "items": table} for name, table in tables.items()} | others,
    }


def _rule() -> Part:
    conditions = {
        "provider": _one_or_more({"type": "string"}, "Provider ids; any when left out; `unknown`: none could be told."),
        "reply": _one_or_more(
            {"anyOf": [{"type": "integer", "minimum": 200, "maximum": 599}, {"type": "string", "pattern": _CODE}]},
            "SMTP codes: 550, 4xx or 5xx. Any when left out.",
        ),
        "enhanced": _one_or_more(
            {"type": "string", "pattern": _ENHANCED},
            "Enhanced codes: 5.7.26, X.7.26 for class 4 and 5, 5.7.606-649. Any when left out.",
        ),
        "phrase": _literals("Literals that must all occur, in lower case."),
        "any": _literals("Literals of which one must occur, in lower case."),
        "unless": _literals("Literals of which none may occur, in lower case."),
        "regex": _text("Regular expression (Rust syntax, no look-around) that the template must match."),
        "weight": {
            "type": "integer",
            "minimum": -2,
            "maximum": 2,
            "description": "How telling the words are: 2 a token of one meaning, 0 usual, below 0 vague.",
        },
    }
    rest = {
        "id": {
            "type": "string",
            "pattern": "^[a-z0-9][a-z0-9-]*$",
            "description": "Stable for ever: it stands in events.",
        },
        "temporary": _choice(Bounce, "What a 4xx says about the address, where it is not soft."),
        "blames": _choice(Blame, "Which identity the reply blames."),
        "capture": _text("Regular expression whose first group is the blamed identity; read in the reply, any case."),
        "listed_by": _text("Name of the list that a match means, as in [[blocklist]]."),
        "seen": {"type": "string", "format": "date", "description": "When the wording was last confirmed."},
        "examples": _texts("Replies that this rule must win, at least two, with documentation addresses only.", 2),
        "near_misses": _texts("Replies that this rule must not win, at least one.", 1),
        "reason": _text("One of the [[reason]] names; what the rule leaves out follows from it."),
    }
    return _table(conditions | rest | _meanings(), ["id", "reason", "seen", "examples", "near_misses"])


def _meanings() -> Part:
    steps = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    return {
        "category": _choice(Category, "What the reply is about."),
        "spam_signal": _choice(Signal, "Verdict, gate, none or undecided."),
        "bounce": _choice(Bounce, "What a permanent refusal says about the address."),
        "owner": _choice(Owner, "Who can end it."),
        "severity": {"type": "integer", "minimum": 0, "maximum": 5, "description": "1 normal noise ... 5 act now."},
        "meaning": _text("One sentence."),
        "remedy": steps | {"description": "Steps in order for the person who must act; begins with a verb."},
        "doc": _text("The provider's own page."),
    }


def _reason() -> Part:
    required = ["name", "category", "spam_signal", "bounce", "owner", "severity", "meaning", "remedy"]
    return _table({"name": _text("The word.")} | _meanings(), required)


def _provider() -> Part:
    fields = {
        "id": _text("Word for the column `provider`."),
        "name": _text("Name for people."),
        "mx": _one_or_more({"type": "string"}, "Names of receiving hosts, compared from the right at dots."),
        "signature": _literals("Literals that only this provider's replies hold."),
        "page": _text("Its page for postmasters."),
    }
    return _table(fields, ["id", "name"])


def _blocklist() -> Part:
    fields = {
        "name": _text("Word for the column `listed_by`."),
        "zones": _literals("Literals that betray the list in a reply."),
        "page": _text("Where to look up and ask for removal."),
    }
    return _table(fields, ["name", "zones"])


def _table(properties: Part, required: list[str]) -> Part:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _text(description: str) -> Part:
    return {"type": "string", "description": description}


def _choice(words: object, description: str) -> Part:
    return {"enum": list(get_args(words)), "description": description}


def _one_or_more(item: Part, description: str) -> Part:
    return {"anyOf": [item, {"type": "array", "items": item}], "description": description}


def _literals(description: str) -> Part:
    return _one_or_more({"type": "string", "pattern": r"^[^A-Z]*\S[^A-Z]*$"}, description)


def _texts(description: str, least: int = 0) -> Part:
    return {"type": "array", "items": {"type": "string"}, "minItems": least, "description": description}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2) + "\n")
