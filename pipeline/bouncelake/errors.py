"""The errors a user can meet, each with the exit code that the command line answers.

BouncelakeError               70  our own fault, when nothing more exact is said
├── UsageError                 2  a wrong option, name, parameter or configuration value
│   ├── ConfigError            2  the configuration cannot be read or holds a wrong value
│   ├── RuleError              2  a rule file is wrong
│   └── QueryError             2  a query or report cannot run
├── InputError                 3  a log cannot be read, or not to its end
└── LakeError                  4  the lake is damaged, or not a lake
    ├── LakeBusyError          4  another process is writing
    └── LakeWriteError         4  the lake cannot be written (disk full, read-only)

A message says what is wrong, where (file, line or offset), and what to do, in lower case.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The process's exit codes: a script can tell by them what happened."""

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    UNREADABLE = 3
    LAKE = 4
    BUG = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class BouncelakeError(Exception):
    """Any error of this package; `exit_code` is what the command line answers with."""

    exit_code = ExitCode.BUG


class UsageError(BouncelakeError):
    """A wrong option, name, parameter or configuration value."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """The configuration cannot be read or holds a wrong value."""


class RuleError(UsageError):
    """A rule file is wrong."""


class QueryError(UsageError):
    """A query or report cannot run."""


class InputError(BouncelakeError):
    """A log cannot be read, or not to its end."""

    exit_code = ExitCode.UNREADABLE


class LakeError(BouncelakeError):
    """The lake is damaged, or not a lake."""

    exit_code = ExitCode.LAKE


class LakeBusyError(LakeError):
    """Another process is writing into the lake."""


class LakeWriteError(LakeError):
    """The lake cannot be written: disk full, or no permission."""
