"""Email service providers: what the bodies that their webhooks deliver say, one module per provider.

A provider's module has `MARK` (a pattern of literals that finds all values of it, and some others), `KEYS` (fields that
must not come twice), `SHAPE` (the fields to read; the text itself comes with them as `text`), `prepare(values)`,
`claims()` (which values are certainly its own, told by several fields) and `read(values)`, which makes rows of `ROW`.
"""

from bouncelake.parsers.esp.providers import PROVIDERS, wanted
from bouncelake.parsers.esp.reading import Told, claimed, read

__all__ = ["PROVIDERS", "Told", "claimed", "read", "wanted"]
