"""Gives events what other lines of the same queue id said: message, parent, sender, client, size and origin.

The link of an event depends on all lines of its message, never on the order or the pieces in which they were read:
a `Linker` sees them batch by batch and keeps the messages that are still open; what it could not know yet carries
an open key (ending in `?`) and is linked by `relink` from the tables.
"""

from bouncelake.linking.attributes import LOOPBACK, PRIVATE
from bouncelake.linking.linker import KEPT, LINKED, Linker, open_ended, relink
from bouncelake.linking.lives import SILENCE

__all__ = ["KEPT", "LINKED", "LOOPBACK", "PRIVATE", "SILENCE", "Linker", "open_ended", "relink"]
