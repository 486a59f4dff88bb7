"""Tells who runs the receiving mailbox where a provider does not name the receiving server.

A public mail domain is run by one company, and accepted replies carry a signature; both only speak where no host does.
"""

import polars as pl

_DOMAINS = {
    "google": "gmail.com googlemail.com",
    "microsoft": "outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de hotmail.fr hotmail.it live.com"
    " live.co.uk live.de live.fr msn.com",
    "yahoo": "yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.ca yahoo.com.br"
    " yahoo.co.in ymail.com rocketmail.com aol.com aim.com",
    "apple": "icloud.com me.com mac.com",
    "gmx": "gmx.de gmx.net gmx.com gmx.at gmx.ch web.de mail.com",
    "t-online": "t-online.de magenta.de",
    "comcast": "comcast.net",
    "orange": "orange.fr wanadoo.fr",
    "laposte": "laposte.net",
    "free": "free.fr",
    "mail.ru": "mail.ru inbox.ru list.ru bk.ru",
    "yandex": "yandex.ru yandex.com ya.ru",
    "seznam": "seznam.cz email.cz",
    "proton": "proton.me protonmail.com pm.me",
    "fastmail": "fastmail.com fastmail.fm",
    "tencent": "qq.com foxmail.com",
    "netease": "163.com 126.com yeah.net",
}
DOMAINS = {domain: provider for provider, domains in _DOMAINS.items() for domain in domains.split()}
"""Domains where everyone can have a mailbox, by who runs them."""
SIGNATURES = {
    " - gsmtp": "google",
    ".prod.outlook.com": "exchange-online",
    "ok dirdel": "yahoo",
}
"""What only one provider's accepted replies hold."""
WORDS = {
    "gmail": "google",
    "google": "google",
    "google apps": "google",
    "google apps for business": "google",
    "hotmail": "microsoft",
    "hotmail / outlook": "microsoft",
    "outlook": "microsoft",
    "microsoft": "microsoft",
    "office 365": "exchange-online",
    "office365": "exchange-online",
    "yahoo": "yahoo",
    "aol": "yahoo",
    "apple": "apple",
    "icloud": "apple",
    "comcast": "comcast",
    "gmx": "gmx",
    "mail.ru": "mail.ru",
    "mimecast": "mimecast",
    "proofpoint": "proofpoint",
}
"""What Mailgun and SparkPost call the receiving provider."""


def named(word: pl.Expr) -> pl.Expr:
    """Return our name for the provider's word, null where it is none that we know."""
    return word.str.to_lowercase().replace_strict(WORDS, default=None, return_dtype=pl.String)


def provider(told: pl.Expr, recipient: pl.Expr, reply: pl.Expr) -> pl.Expr:
    """Return who runs the mailbox: as the provider said, by the public domain, by the reply's signature."""
    domain = recipient.str.to_lowercase().str.extract(r"@([^@>]+)>?$", 1)
    by_domain = domain.replace_strict(DOMAINS, default=None, return_dtype=pl.String)
    signed = (pl.when(reply.str.contains(text, literal=True)).then(pl.lit(name)) for text, name in SIGNATURES.items())
    return pl.coalesce(told, by_domain, *signed)
