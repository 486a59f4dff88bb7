"""The parsers by the name of their mail system."""

from types import ModuleType

from bouncelake.errors import UsageError
from bouncelake.parsers import exim, postfix
from bouncelake.parsers.esp.providers import PROVIDERS

SYSTEMS: dict[str, ModuleType] = {"postfix": postfix, "exim": exim}
"""Every parser, in the order in which they are asked which records are theirs."""


def wanted(name: str) -> dict[str, ModuleType]:
    """Return the parsers of one format, all for `auto`, none for a provider's; raise UsageError for an unknown one."""
    if name == "auto":
        return SYSTEMS
    if name in PROVIDERS:
        return {}
    if name not in SYSTEMS:
        raise UsageError(f"--format {name}: unknown; choose auto or one of {', '.join((*SYSTEMS, *PROVIDERS))}")
    return {name: SYSTEMS[name]}
