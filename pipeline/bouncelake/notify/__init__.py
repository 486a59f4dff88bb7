"""Carries the findings of a check elsewhere: mail, a web hook, a file for Prometheus.

Every text in a finding may come from a log. Each way out escapes it for its own reader.
"""

from bouncelake.notify.mail import Mailer, message
from bouncelake.notify.prometheus import metrics
from bouncelake.notify.webhook import payload, post

__all__ = ["Mailer", "message", "metrics", "payload", "post"]
