-- title: Answers
-- question: What did receiving servers answer to our mail, for each message and recipient?
-- counts: answers: one row per reply and recipient; every rate of the reports is counted from these rows
-- uses: events, refusals
-- A reply that names no recipient (a refused connection or message after which another host is tried) counts for each
-- recipient of that message at that provider. Greylisting, bounces after delivery and mail from the null sender
-- (bounces and autoreplies of our own) are left out of every rate, so they are not here.
-- column: ts                When the receiver answered.
-- column: event             `delivered`, `deferred`, `bounced` or `attempt`.
-- column: refused           True for a 4xx or 5xx answer.
-- column: pair              A number for message and recipient: what the shares count; null without a recipient.
-- column: message_key       The message.
-- column: attempt_key       The reply: what the throttle rate counts.
-- column: recipient         The recipient.
-- column: recipient_domain  Recipient's domain.
-- column: provider          Who runs the receiving mailboxes.
-- column: remote_host       Name of the receiving server.
-- column: remote_ip         IP of the receiving server.
-- column: local_ip          Our sending IP.
-- column: local_ip_from     How our IP is known.
-- column: sender            Envelope sender.
-- column: sender_domain     Sender's domain.
-- column: origin            How the mail came to us.
-- column: client_ip         IP that handed the mail to us.
-- column: sasl_user         Account that submitted the mail.
-- column: local_user        Local user that submitted the mail.
-- column: script_dir        Working directory of the sending script.
-- column: stage             Where in the dialogue.
-- column: reply_code        SMTP code of the answer.
-- column: reply_enhanced    Enhanced status code of the answer.
-- column: reply             The answer.
-- column: template          The answer with its volatile parts replaced.
-- column: category          What the refusal is about.
-- column: reason            The exact reason.
-- column: spam_signal       `verdict`, `gate`, `none` or `undecided`.
-- column: spam_related      True for a verdict or a gate.
-- column: severity          0 to 5.
-- column: owner             Who can end it.
-- column: rule              The rule that gave the tags.
-- column: matched_by        How specific the match was.
-- column: listed_by         The blocklist that the reply names.
-- column: blamed            The identity that the reply blames.
-- column: blamed_kind       What `blamed` is.
CREATE OR REPLACE VIEW answers AS
WITH told AS (
    SELECT
        ts, event, FALSE AS refused, message_key, attempt_key, recipient, recipient_domain, provider, remote_host,
        remote_ip, local_ip, local_ip_from, sender, sender_domain, origin, client_ip, sasl_user, local_user, script_dir,
        stage, reply_code, reply_enhanced, reply, template, category, reason, spam_signal, spam_related, severity,
        owner, rule, matched_by, listed_by, blamed, blamed_kind
    FROM events
    WHERE direction = 'outbound' AND event = 'delivered' AND origin IS DISTINCT FROM 'null_sender'
    UNION ALL
    SELECT
        ts, event, TRUE AS refused, message_key, attempt_key, recipient, recipient_domain, provider, remote_host,
        remote_ip, local_ip, local_ip_from, sender, sender_domain, origin, client_ip, sasl_user, local_user, script_dir,
        stage, reply_code, reply_enhanced, reply, template, category, reason, spam_signal, spam_related, severity,
        owner, rule, matched_by, listed_by, blamed, blamed_kind
    FROM refusals
    WHERE category IS DISTINCT FROM 'greylist'
        AND asynchronous IS DISTINCT FROM TRUE
        AND origin IS DISTINCT FROM 'null_sender'
),
recipients AS (
    SELECT DISTINCT message_key, provider, recipient, recipient_domain
    FROM events
    WHERE direction = 'outbound' AND recipient IS NOT NULL AND event IN ('delivered', 'deferred', 'bounced')
        AND message_key IN (SELECT message_key FROM refusals WHERE recipient IS NULL)
)
SELECT
    ts, event, refused, hash(message_key, recipient) AS pair, message_key, attempt_key, recipient, recipient_domain,
    provider, remote_host, remote_ip, local_ip, local_ip_from, sender, sender_domain, origin, client_ip, sasl_user,
    local_user, script_dir, stage, reply_code, reply_enhanced, reply, template, category, reason, spam_signal,
    spam_related, severity, owner, rule, matched_by, listed_by, blamed, blamed_kind
FROM told
WHERE recipient IS NOT NULL
UNION ALL
SELECT
    t.ts, t.event, t.refused, CASE WHEN r.recipient IS NOT NULL THEN hash(t.message_key, r.recipient) END AS pair,
    t.message_key, t.attempt_key, r.recipient, r.recipient_domain, t.provider, t.remote_host, t.remote_ip, t.local_ip,
    t.local_ip_from, t.sender, t.sender_domain, t.origin, t.client_ip, t.sasl_user, t.local_user, t.script_dir, t.stage,
    t.reply_code, t.reply_enhanced, t.reply, t.template, t.category, t.reason, t.spam_signal, t.spam_related,
    t.severity, t.owner, t.rule, t.matched_by, t.listed_by, t.blamed, t.blamed_kind
FROM told AS t
LEFT JOIN recipients AS r
    ON t.message_key = r.message_key AND coalesce(t.provider, '') = coalesce(r.provider, '')
WHERE t.recipient IS NULL;
