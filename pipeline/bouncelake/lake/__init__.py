"""The lake: four Delta tables that carry their own ingest state, written by one process at a time.

`docs/identity.md` writes out the commit protocol and argues why nothing is lost and nothing doubled.
"""

from bouncelake.lake.lake import Batch, Lake

__all__ = ["Batch", "Lake"]
