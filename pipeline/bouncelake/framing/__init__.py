"""Strips what stands around a log record: syslog, ISO and RFC 5424 headers, journald and container envelopes."""

from bouncelake.framing.clock import Clock
from bouncelake.framing.framer import Framed, Framer
from bouncelake.framing.hints import informed

__all__ = ["Clock", "Framed", "Framer", "informed"]
