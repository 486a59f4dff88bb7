"""Reads mail logs and says who refuses your mail, since when, why, and what to do about it."""

__version__ = "0.1.0"
