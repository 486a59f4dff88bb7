"""Regular expressions for the beginning of a log line, for the engine of Polars: linear time, no look-around."""

MONTH_STAMP = r"[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
ISO_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}"
UNIX_STAMP = r"[0-9]{10}\.[0-9]{6}"
"""Seconds since 1970, as `journalctl -o short-unix` writes them."""
PRI = r"<[0-9]{1,3}>"

DAEMONS = (
    "anvil|bounce|cleanup|defer|discard|dnsblog|error|flush|lmtp|local|master|nqmgr|oqmgr|pickup|pipe|postdrop|postfix"
    "|postfix-script|postlogd|postqueue|postscreen|postsuper|proxymap|proxywrite|qmgr|qmqpd|relay|retry|scache|sendmail"
    "|showq|smtp|smtpd|spawn|tlsmgr|tlsproxy|trace|trivial-rewrite|verify|virtual"
)
POSTFIX_TAG = rf"^(?:postfix|[^ ]*/(?:{DAEMONS})$)"
"""A tag that a Postfix daemon writes under any syslog_name."""

_PLAIN = rf"^(?:{PRI})?(?:1 )?(?:{MONTH_STAMP}|{ISO_STAMP}[^ ]*|{UNIX_STAMP}) [^ ]+ "
POSTFIX_LINE = rf"{_PLAIN}(?:[^ \[]*/)?(?:postfix|(?:{DAEMONS})[\[:])"
"""A whole line that a Postfix daemon wrote, in any of the plain header styles."""
ANY_LINE = _PLAIN
"""A whole line with a plain header, whoever wrote it."""

LOSS = r"messages? lost|Suppressed [0-9]+ messages|begins? to drop messages|last message repeated"
"""A logger's own word that lines are missing: the numbers around it are a lower bound."""

PLAIN_TAIL = r"^ ([^ ]*[^ :]) ([^ ]+)\[([0-9]+)$"
"""What stands between the time and `]: ` in a plain header: host, tag, pid."""
RFC5424_TAIL = r"^([^ ]+) ([^ ]+) ([0-9]+|-)$"
"""What stands between the time and the two nil values of a common RFC 5424 header: host, app name, process id."""

LOOSE_MONTH = (
    r"^([A-Z][a-z]{2}) +([0-9]{1,2}) +(?:([0-9]{4}) +)?([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,9}))?:? (.*)$"
)
LOOSE_ISO = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,9}))?"
    r" ?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?:? (.*)$"
)
LOOSE_RFC5424 = (
    r"^<[0-9]{1,3}>1 ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) [^ ]+"
    r' (?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: (.*))?$'
)
LOOSE_REST = (
    r"^(?:<[a-z0-9]+\.[a-z0-9]+> )?(?:([^ ]*[^ :]) )??(?:[a-z0-9]+\.[a-z]+ )?([^ ]+?)(?:\[([0-9]+)\])?:(?: (.*))?$"
)
"""Host, tag, pid and text after the time: also without host, with BSD's or busybox's facility, or without pid."""

BLANK = r"^[\x00\x{FEFF}\x1e\s]*$"
JUNK = r"^[\x00\x{FEFF}\x1e\s]+"
"""What a crash, an editor or a JSON sequence leaves before a line."""
LONE_PRI = rf"^{PRI}(?:[^1]|1[^ ])"
CRI = rf"^({ISO_STAMP}[^ ]*) (stdout|stderr) ([FP])(?::[^ ]*)? (.*)$"
COMPOSE = r"^(?:\x1b\[[0-9;]*m)?[A-Za-z0-9][A-Za-z0-9_.\-]* +\|(?:\x1b\[0m)? ?"
TWO_STAMPS = rf"^({ISO_STAMP}[^ ]*) ((?:{PRI}.|{MONTH_STAMP}|{ISO_STAMP}).*)$"
BOXED = rf"{CRI}|{TWO_STAMPS}"
"""Lines that look like a plain header and are a container's."""
STAMPED = rf"^(?:\{{|{PRI}|{MONTH_STAMP}|{ISO_STAMP}|{UNIX_STAMP} )"
"""Text that brings a header of its own."""
NESTED = rf"^(?:{PRI})?(?:1 )?(?:{MONTH_STAMP}|{ISO_STAMP}[^ ]*) [^ ]+ [^ \[]+\[[0-9]+\]: "
"""Text that is a whole line of another logger, forwarded as a message."""
