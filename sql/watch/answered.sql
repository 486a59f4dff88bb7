-- title: Answered recipients by period
-- question: For how many recipients did receivers answer in the window and in the same hours of the periods before?
-- counts: messages x recipients
-- uses: told, bounds
-- Each is counted twice: in the rows of receivers, own IPs and senders, and, where `domain` is set, in those of the
-- recipient domains. Receivers, domains and senders that refused too few in the window for a finding stand together in
-- one row: there may be very many.
-- column: slot      Periods before the window.
-- column: receiver  The provider, or the recipient's domain.
-- column: ip        Our sending IP.
-- column: sender    Sender's domain.
-- column: domain    Recipient's domain, where a provider is known.
-- column: answered  Distinct messages and recipients.
WITH refused AS (
    SELECT pair, receiver, domain, sender
    FROM told
    WHERE slot = 0 AND inside AND refused AND pair IS NOT NULL
),
receivers AS (
    SELECT receiver FROM refused GROUP BY receiver HAVING count(DISTINCT pair) >= (SELECT fewest FROM bounds)
),
domains AS (
    SELECT domain FROM refused GROUP BY domain HAVING count(DISTINCT pair) >= (SELECT fewest FROM bounds)
),
senders AS (
    SELECT sender FROM refused GROUP BY sender HAVING count(DISTINCT pair) >= (SELECT fewest FROM bounds)
),
pairs AS (
    SELECT DISTINCT
        t.slot, t.pair, t.ip, r.receiver, s.sender, d.domain
    FROM told AS t
    LEFT JOIN receivers AS r ON t.receiver = r.receiver
    LEFT JOIN senders AS s ON t.sender = s.sender
    LEFT JOIN domains AS d ON t.domain = d.domain
    WHERE t.inside AND t.pair IS NOT NULL
)
SELECT slot, receiver, ip, sender, NULL AS domain, count(*) AS answered
FROM pairs
GROUP BY slot, receiver, ip, sender
UNION ALL
SELECT slot, NULL, NULL, NULL, domain, count(*)
FROM pairs
WHERE domain IS NOT NULL
GROUP BY slot, domain;
