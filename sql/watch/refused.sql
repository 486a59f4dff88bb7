-- title: Refused recipients by period
-- question: Which recipients were refused in the window and in the same hours of the periods before, for which reason?
-- counts: one row per period, message, recipient, reason and stage
-- uses: told
-- column: slot       Periods before the window.
-- column: pair       Message and recipient, hashed.
-- column: attempt    One of the refusing replies, hashed.
-- column: receiver   The provider, or the recipient's domain.
-- column: domain     Recipient's domain, where a provider is known.
-- column: ip         Our sending IP.
-- column: sender     Sender's domain.
-- column: reason     The exact reason.
-- column: category   What it is about.
-- column: stage      Where in the dialogue.
-- column: severity   0 to 5.
-- column: temporary  True if all these replies were 4xx.
SELECT
    slot, pair, min(attempt) AS attempt, receiver, domain, ip, sender, reason, category, stage,
    max(severity) AS severity, bool_and(temporary) AS temporary
FROM told
WHERE refused AND inside AND pair IS NOT NULL
GROUP BY slot, pair, receiver, domain, ip, sender, reason, category, stage;
