-- title: The traffic that a finding is measured by
-- question: For how many recipients did a receiver answer where the finding applies, and at its receiver as a whole?
-- counts: messages x recipients
-- uses: told, chosen
-- column: id           Number of the finding.
-- column: answered     Answered in the window where the finding applies.
-- column: of_answered  Answered in the window by its receiver as a whole, or by all.
WITH scopes AS (
    SELECT DISTINCT id, receiver, domain, ip, sender
    FROM chosen
)
SELECT
    s.id,
    count(DISTINCT t.pair) FILTER (
        WHERE (s.domain IS NULL OR t.domain = s.domain)
            AND (s.ip IS NULL OR t.ip = s.ip)
            AND (s.sender IS NULL OR t.sender = s.sender)
    ) AS answered,
    count(DISTINCT t.pair) AS of_answered
FROM told AS t
JOIN scopes AS s ON s.receiver IS NULL OR t.receiver = s.receiver
WHERE t.slot = 0 AND t.inside
GROUP BY s.id
ORDER BY s.id;
