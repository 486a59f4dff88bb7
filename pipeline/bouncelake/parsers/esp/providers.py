"""The providers by name."""

from collections.abc import Mapping
from types import ModuleType

from bouncelake.parsers.esp import (
    azure,
    brevo,
    kumomta,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    powermta,
    resend,
    scaleway,
    sendgrid,
    ses,
    sparkpost,
    unisender,
)

PROVIDERS: Mapping[str, ModuleType] = {
    "ses": ses,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
    "sparkpost": sparkpost,
    "kumomta": kumomta,
    "mandrill": mandrill,
    "mailjet": mailjet,
    "brevo": brevo,
    "resend": resend,
    "mailersend": mailersend,
    "mailtrap": mailtrap,
    "postal": postal,
    "unisender": unisender,
    "azure": azure,
    "scaleway": scaleway,
    "powermta": powermta,
}
"""Every provider, in the order in which they are asked which values are theirs."""


def wanted(name: str) -> Mapping[str, ModuleType]:
    """Return the providers of one format, or all for `auto`; none for a format that is no provider's."""
    if name == "auto":
        return PROVIDERS
    return {name: PROVIDERS[name]} if name in PROVIDERS else {}
