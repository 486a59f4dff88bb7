"""The providers by name."""

from collections.abc import Mapping
from types import ModuleType

from bouncelake.parsers.esp import sendgrid, ses

PROVIDERS: Mapping[str, ModuleType] = {"ses": ses, "sendgrid": sendgrid}
"""Every provider, in the order in which they are asked which values are theirs."""


def wanted(name: str) -> Mapping[str, ModuleType]:
    """Return the providers of one format, or all for `auto`; none for a format that is no provider's."""
    if name == "auto":
        return PROVIDERS
    return {name: PROVIDERS[name]} if name in PROVIDERS else {}
