"""Finds the literals that every match of a regular expression must hold, so that it runs only where one occurs."""

SHORTEST = 4
_SPECIAL = frozenset("\\.[]{}()*+?|^$")


def cores(pattern: str) -> tuple[str, ...]:
    """Return one literal per alternative of the pattern, or nothing when some alternative has none.

    Only what stands outside groups, classes and quantifiers counts.
    """
    found = [_longest(part) for part in _split(pattern)]
    return tuple(found) if all(len(core) >= SHORTEST for core in found) else ()


def _split(pattern: str) -> list[str]:
    """Split at the bars that stand outside groups and classes."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = _class_end(pattern, at)
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            parts.append(pattern[start:at])
            start = at + 1
        at += 1
    return [*parts, pattern[start:]]


def _class_end(pattern: str, at: int) -> int:
    end = pattern.find("]", at + 2 if pattern[at + 1 : at + 2] in {"]", "^"} else at + 1)
    return len(pattern) if end < 0 else end


def _longest(part: str) -> str:
    """Return the longest run of plain characters outside groups; a quantified character ends a run."""
    runs: list[str] = []
    run, at, depth = "", 0, 0
    while at < len(part):
        char, step = part[at], 1
        if char == "\\" and at + 1 < len(part):
            char, step = part[at + 1], 2
            plain = not char.isalnum()
        elif char in "[{":
            end = _class_end(part, at) if char == "[" else part.find("}", at)
            step, plain = max(end - at + 1, 1), False
        else:
            plain = char not in _SPECIAL
        depth += (char == "(" and step == 1) - (char == ")" and step == 1)
        quantified = part[at + step : at + step + 1] in {"?", "*", "{"}
        if plain and depth == 0 and not quantified:
            run += char
        else:
            runs, run = [*runs, run], ""
        at += step
    return max([*runs, run], key=len)
