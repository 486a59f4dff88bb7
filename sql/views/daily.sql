-- title: Daily figures
-- question: How many answers of each kind did we get on each day?
-- counts: answers, and distinct messages, recipients and replies among them (these do not add up over rows)
-- uses: answers
-- column: day               Day in the session's time zone.
-- column: provider          Who runs the receiving mailboxes.
-- column: domain            Recipient's domain.
-- column: local_ip          Our sending IP.
-- column: category          What the refusals are about; null in the row of the deliveries.
-- column: reason            The exact reason; null in the row of the deliveries.
-- column: answers           Answers: one per reply and recipient.
-- column: delivered         Deliveries among them.
-- column: refused           Refusals among them.
-- column: spam_related      Refusals that are a spam verdict or an anti-spam gate.
-- column: messages          Distinct messages.
-- column: recipients        Distinct messages and recipients.
-- column: attempts          Distinct replies.
CREATE OR REPLACE VIEW daily AS
SELECT
    CAST(ts AS DATE) AS day,
    provider,
    recipient_domain AS domain,
    local_ip,
    category,
    reason,
    count(*) AS answers,
    count(*) FILTER (WHERE event = 'delivered') AS delivered,
    count(*) FILTER (WHERE refused) AS refused,
    count(*) FILTER (WHERE refused AND spam_related) AS spam_related,
    count(DISTINCT message_key) AS messages,
    count(DISTINCT pair) AS recipients,
    count(DISTINCT attempt_key) AS attempts
FROM answers
GROUP BY CAST(ts AS DATE), provider, recipient_domain, local_ip, category, reason;
