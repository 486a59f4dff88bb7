r"""Reads mail logs and says who refuses your mail, since when, why, and what to do about it.

>>> import bouncelake
>>> folder, log = getfixture("tmp_path") / "lake", getfixture("tmp_path") / "mail.log"
>>> _ = log.write_text(
...     "2026-11-23T08:00:00+00:00 mx postfix/smtp[1]: 4bXyz1: to=<ann@gmail.com>,"
...     " relay=gmail-smtp-in.l.google.com[192.0.2.7]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced (host"
...     " gmail-smtp-in.l.google.com[192.0.2.7] said: 550-5.1.1 The email account that you tried to reach does not"
...     " exist. (in reply to RCPT TO command))\n"
... )
>>> lake = bouncelake.open(folder, create=True, zone="UTC")
>>> lake.ingest(log).row(0, named=True)["new"]
1
>>> lake.report("reasons").select("provider", "reason", "recipients").rows()
[('google', 'mailbox_unknown', 1)]
>>> lake.sql("SELECT recipient FROM refusals WHERE provider = $who", who="google").item()
'ann@gmail.com'
>>> lake.events().select("event", "reply_code").collect().rows()
[('bounced', 550)]
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bouncelake.lakehouse import Lakehouse

__version__ = "0.1.0"

__all__ = ["__version__", "open"]


def open(  # noqa: A001 - read as `bouncelake.open`
    path: str | Path | None = None,
    *,
    create: bool = False,
    zone: str | None = None,
    config: str | Path | None = None,
) -> "Lakehouse":
    """Return the lake at that path, or the one that configuration and environment name, ready for questions.

    `create` makes an empty lake where none is; `zone` says whose midnight a day begins at, and whose time `sql` means
    where it names no zone: without it that of `report.zone` in the configuration, or the machine's.
    """
    from bouncelake.lakehouse import Lakehouse  # noqa: PLC0415 - `import bouncelake` stays cheap

    return Lakehouse.open(path, create=create, zone=zone, config=config)
