"""DuckDB over exactly the lake: our own SQL reads the live files, people's SQL reads a dataset and nothing else."""

from bouncelake.sandbox.connections import trusted
from bouncelake.sandbox.query import Limits, query

__all__ = ["Limits", "query", "trusted"]
