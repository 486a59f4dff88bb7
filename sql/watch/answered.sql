-- title: Answered recipients by period
-- question: For how many recipients did receivers answer in the window and in the same hours of the periods before?
-- counts: messages x recipients
-- uses: told
-- Receivers, domains and senders of which nothing was refused in the window stand together in one row: no finding can
-- be about them, and there may be very many.
-- column: slot      Periods before the window.
-- column: receiver  The provider, or the recipient's domain.
-- column: domain    Recipient's domain, where a provider is known.
-- column: ip        Our sending IP.
-- column: sender    Sender's domain.
-- column: answered  Distinct messages and recipients.
WITH hot AS (
    SELECT receiver, domain, sender
    FROM told
    WHERE slot = 0 AND inside AND refused
),
pairs AS (
    SELECT DISTINCT
        slot, pair, ip,
        CASE WHEN receiver IN (SELECT receiver FROM hot) THEN receiver END AS receiver,
        CASE WHEN domain IN (SELECT domain FROM hot WHERE domain IS NOT NULL) THEN domain END AS domain,
        CASE WHEN sender IN (SELECT sender FROM hot WHERE sender IS NOT NULL) THEN sender END AS sender
    FROM told
    WHERE inside AND pair IS NOT NULL
)
SELECT slot, receiver, domain, ip, sender, count(*) AS answered
FROM pairs
GROUP BY slot, receiver, domain, ip, sender;
