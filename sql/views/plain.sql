-- title: Plain mail
-- question: How much mail is there of which the logs tell one delivery and nothing else?
-- counts: messages x recipients, counted beforehand; no rows here, where such mail has its own rows in `events`
-- A report whose header says `rows: troubled` may be given events without such mail, and these counts instead. It adds
-- them to what it counts itself, so that it says the same with either.
-- column: ts             An instant of the time that is counted.
-- column: provider       Who runs the receiving mailboxes.
-- column: recipient_domain  Recipient's domain.
-- column: local_ip       Our sending IP.
-- column: local_ip_from  How our IP is known.
-- column: sender_domain  Sender's domain.
-- column: sasl_user      Account that submitted the mail.
-- column: local_user     Local user that submitted the mail.
-- column: script_dir     Working directory of the sending script.
-- column: plain          Messages and recipients, each answered once, delivered at once.
CREATE OR REPLACE VIEW plain AS
SELECT
    CAST(NULL AS TIMESTAMPTZ) AS ts, CAST(NULL AS VARCHAR) AS provider, CAST(NULL AS VARCHAR) AS recipient_domain,
    CAST(NULL AS VARCHAR) AS local_ip, CAST(NULL AS VARCHAR) AS local_ip_from, CAST(NULL AS VARCHAR) AS sender_domain,
    CAST(NULL AS VARCHAR) AS sasl_user, CAST(NULL AS VARCHAR) AS local_user, CAST(NULL AS VARCHAR) AS script_dir,
    CAST(NULL AS BIGINT) AS plain
WHERE FALSE;
