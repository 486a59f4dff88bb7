-- title: Figures
-- question: What are the three rates counted from?
-- counts: one row per answer, and one per message and recipient whose fate a receiver's word decided
-- uses: answers, outcomes, plain
-- Answers have `pair` and `attempt`, fates have `ended`. Refused share: distinct `pair`. Throttle rate: distinct
-- `attempt`.
-- Lost share: distinct `ended`. To each of the three belongs the sum of `plain`, see there.
-- column: ts             When the receiver answered, or the last line of the fate.
-- column: provider       Who runs the receiving mailboxes.
-- column: recipient_domain  Recipient's domain.
-- column: local_ip       Our sending IP.
-- column: local_ip_from  How our IP is known.
-- column: sender_domain  Sender's domain.
-- column: sasl_user      Account that submitted the mail.
-- column: local_user     Local user that submitted the mail.
-- column: script_dir     Working directory of the sending script.
-- column: plain          Recipients that this row stands for and that need no distinguishing.
-- column: pair           A number for message and recipient of an answer.
-- column: attempt        A number for the reply.
-- column: refused        True for an answer that refused.
-- column: spam_related   True for a spam verdict or an anti-spam gate.
-- column: reason         Why it was refused; null for other answers and for fates.
-- column: ended          A number for message and recipient of a fate.
-- column: lost           True for a fate that is no delivery.
CREATE OR REPLACE VIEW figures AS
SELECT
    ts, provider, recipient_domain, local_ip, local_ip_from, sender_domain, sasl_user, local_user, script_dir,
    CAST(0 AS BIGINT) AS plain, pair,
    CASE WHEN attempt_key IS NOT NULL THEN hash(attempt_key) WHEN NOT refused THEN pair END AS attempt, refused,
    coalesce(refused AND spam_related, FALSE) AS spam_related, CASE WHEN refused THEN reason END AS reason,
    CAST(NULL AS UBIGINT) AS ended, FALSE AS lost
FROM answers
UNION ALL
SELECT
    ts, provider, recipient_domain, local_ip, local_ip_from, sender_domain, sasl_user, local_user, script_dir,
    CAST(0 AS BIGINT) AS plain, NULL AS pair, NULL AS attempt, FALSE AS refused, FALSE AS spam_related,
    NULL AS reason, CASE WHEN recipient IS NOT NULL THEN hash(message_key, recipient) END AS ended,
    event <> 'delivered' AS lost
FROM outcomes
WHERE direction = 'outbound'
    AND final
    AND origin IS DISTINCT FROM 'null_sender'
    AND event IN ('delivered', 'bounced', 'expired')
    AND (event = 'delivered' OR reply_by = 'remote')
UNION ALL
SELECT
    ts, provider, recipient_domain, local_ip, local_ip_from, sender_domain, sasl_user, local_user, script_dir, plain,
    NULL AS pair, NULL AS attempt, FALSE AS refused, FALSE AS spam_related, NULL AS reason, NULL AS ended, FALSE AS lost
FROM plain;
