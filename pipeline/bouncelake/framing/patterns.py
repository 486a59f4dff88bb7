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

_PLAIN = rf"^(?:{PRI})?(?:1 )?(?:{MONTH_STAMP}|{ISO_STAMP}[^ ]*|{UNIX_STAMP})"
POSTFIX_LINE = rf"{_PLAIN} (?:[^ ]*[^ :] ){{0,2}}(?:[^ \[]*/)?(?:postfix|(?:{DAEMONS})[\[:])"
"""A whole line that a Postfix daemon wrote, in any of the plain header styles."""
ANY_LINE = rf"{_PLAIN} [^ ]+ "
"""A whole line with a plain header, whoever wrote it."""

LOSS = r"messages? lost|Suppressed [0-9]+ messages|begins? to drop messages|last message repeated"
"""A logger's own word that lines are missing: the numbers around it are a lower bound."""

ZONE_ALONE = r"^(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)$"
"""A zone as a header writes it."""

LOOSE_MONTH = (
    r"^(?<mon>[A-Z][a-z]{2}) +(?<day>[0-9]{1,2}) +(?:(?<year>[0-9]{4}) +)?"
    r"(?<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,](?<digits>[0-9]{1,9}))?:? (?<rest>.*)$"
)
_LOOSE_ISO = (
    r"^(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,](?<digits>[0-9]{1,9}))?"
    r" ?(?<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
ISO_SHAPE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?<gap>[T ])[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.(?<digits>[0-9]{1,9}))?"
LOOSE_ISO = _LOOSE_ISO + ":? (?<rest>.*)$"
ISO_ALONE = _LOOSE_ISO + "$"
LOOSE_RFC5424 = (
    r"^<[0-9]{1,3}>1 (?<stamp>[^ ]+) (?<host>[^ ]+) (?<tag>[^ ]+) (?<pid>[^ ]+) [^ ]+"
    r' (?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: (?<text>.*))?$'
)
LOOSE_REST = (
    r"^(?:<[a-z0-9]+\.[a-z0-9]+> )?(?:(?<host>[^ ]*[^ :]) )??(?:[a-z0-9]+\.[a-z]+ )?"
    r"(?<tag>[^ ]+?)(?:\[(?<pid>[0-9]+)\])?:(?: (?<text>.*))?$"
)
"""Host, tag, pid and text after the time: also without host, with BSD's or busybox's facility, or without pid."""

BLANK = r"^[\x00\x{FEFF}\x1e\s]*$"
JUNK = r"^[\x00\x{FEFF}\x1e\s]+"
"""What a crash, an editor or a JSON sequence leaves before a line."""
LONE_PRI = rf"^{PRI}(?:[^1]|1[^ ])"
CRI = rf"^(?<at>{ISO_STAMP}[^ ]*) (?<stream>stdout|stderr) (?<flag>[FP])(?::[^ ]*)? (?<text>.*)$"
COMPOSE = r"^(?:\x1b\[[0-9;]*m)?[A-Za-z0-9][A-Za-z0-9_.\-]* +\|(?:\x1b\[0m)? ?"
TWO_STAMPS = rf"^(?<at>{ISO_STAMP}[^ ]*) (?<text>(?:{PRI}.|{MONTH_STAMP}|{ISO_STAMP}).*)$"
BOXED = rf"^{ISO_STAMP}[^ ]* (?:(?:stdout|stderr) [FP](?::[^ ]*)? |{PRI}.|{MONTH_STAMP}|{ISO_STAMP})"
"""Lines that look like a plain header and are a container's."""
STAMPED = rf"^(?:\{{|{PRI}|{MONTH_STAMP}|{ISO_STAMP}|{UNIX_STAMP} )|{COMPOSE}"
"""Text that brings a header of its own."""
NESTED = rf"^(?:{PRI})?(?:1 )?(?:{MONTH_STAMP}|{ISO_STAMP}[^ ]*) [^ ]+ [^ \[]+\[[0-9]+\]: "
"""Text that is a whole line of another logger, forwarded as a message."""

_ID = "[0-9BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz]"
YEARLESS = rf"^(?:{PRI})?(?<stamp>{MONTH_STAMP}) "
DATED_ID = (
    rf"{YEARLESS}[^ ]+ [^ ]+: (?:(?<seconds>{_ID}{{6}}){_ID}{{4}}z{_ID}+: (?:client|uid|message-id)="
    r"|(?<id>[0-9A-Za-z]+): message-id=<(?<written>[0-9]{14})\.(?<same>[0-9A-Za-z]+)@)"
)
"""A line that says its own year: by a long queue id just made, or a Message-ID that this Postfix made for this id."""
