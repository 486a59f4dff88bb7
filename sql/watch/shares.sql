-- title: The traffic that a finding is measured by
-- question: For how many recipients did a receiver answer where the finding applies, and at its receiver as a whole?
-- counts: messages x recipients
-- uses: told, chosen
-- column: id           Number of the finding.
-- column: answered     Answered in the window where the finding applies.
-- column: of_answered  Answered in the window by the receivers that refuse, as a whole.
WITH scopes AS (
    SELECT DISTINCT id, receiver, domain, ip, sender
    FROM chosen
),
refusing AS (
    SELECT DISTINCT c.id, t.receiver
    FROM told AS t
    JOIN chosen AS c ON t.reason = c.reason
    WHERE t.slot = 0 AND t.inside AND t.refused
        AND (c.receiver IS NULL OR t.receiver = c.receiver)
        AND (c.domain IS NULL OR t.domain = c.domain)
        AND (c.ip IS NULL OR t.ip = c.ip)
        AND (c.sender IS NULL OR t.sender = c.sender)
)
SELECT
    s.id,
    count(DISTINCT t.pair) FILTER (
        WHERE (s.domain IS NULL OR t.domain = s.domain)
            AND (s.ip IS NULL OR t.ip = s.ip)
            AND (s.sender IS NULL OR t.sender = s.sender)
    ) AS answered,
    count(DISTINCT t.pair) FILTER (WHERE r.receiver IS NOT NULL) AS of_answered
FROM told AS t
JOIN scopes AS s ON s.receiver IS NULL OR t.receiver = s.receiver
LEFT JOIN refusing AS r ON s.id = r.id AND t.receiver = r.receiver
WHERE t.slot = 0 AND t.inside
GROUP BY s.id
ORDER BY s.id;
