"""Says in one line which conditions of a rule a reply has met."""

import json

from bouncelake.rules.model import Rule


def why(rule: Rule, template: str, provider: str | None) -> str:
    """Return the conditions of a rule that matched this template of this provider, as people would read them.

    >>> from bouncelake.rules import load
    >>> why(load().by_id["gmx-ptr"], "550 bad dns ptr resource record", "gmx")
    'gmx + "bad dns ptr"'
    """
    words = [*rule.phrase, *_longest([word for word in rule.any if word in template])]
    parts = [provider or "unknown provider"] if rule.provider else []
    parts += [template[:3]] if rule.reply else []
    parts += _longest([code for code in rule.enhanced if code in template])
    parts += [json.dumps(word, ensure_ascii=False) for word in words]
    parts += [f"/{rule.regex}/"] if rule.regex else []
    return " + ".join(parts)


def _longest(words: list[str]) -> list[str]:
    return [max(words, key=len)] if words else []
