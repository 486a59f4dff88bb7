"""The lake: four Delta tables that carry their own ingest state, written by one process at a time.

`docs/identity.md` writes out the commit protocol and argues why nothing is lost and nothing doubled.
"""

from bouncelake.lake.lake import Batch, Lake
from bouncelake.lake.unfinished import Unfinished

__all__ = ["Batch", "Lake", "Unfinished"]
