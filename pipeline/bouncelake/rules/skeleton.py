"""Writes the beginning of a rule for a reply that none explains, to paste into a file of one's own."""

import json

_SKELETON = """\
[[rule]]
id = {id}
provider = {provider}
reply = {reply}
enhanced = {enhanced}
phrase = [{phrase}]  # shorten to the words that carry the reason
reason = ""  # one of the names in taxonomy.toml; category, owner, severity and the rest follow from it
seen = {seen}
examples = [{example}, ""]
near_misses = [""]
"""


def skeleton(template: str, provider: str | None, reply: int | None, enhanced: str | None, seen: str) -> str:
    """Return a `[[rule]]` to fill in; the template stands in for the phrase and the first example."""
    words = template.split(maxsplit=2 if enhanced else 1)[-1] if reply else template
    slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in words).split()[:4]) or "unnamed"
    return _SKELETON.format(
        id=json.dumps(f"own-{slug}"[:80]),
        provider=json.dumps(provider or "any"),
        reply=[reply] if reply else [],
        enhanced=json.dumps([enhanced] if enhanced else []),
        phrase=json.dumps(words, ensure_ascii=False),
        seen=seen,
        example=json.dumps(template, ensure_ascii=False),
    )
