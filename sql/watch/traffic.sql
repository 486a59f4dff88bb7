-- title: The traffic of each hour where a finding applies
-- question: How many answers came in each hour of the week before the host's last line, where a finding applies?
-- counts: answers
-- uses: told, chosen
-- column: id        Number of the finding.
-- column: hour      Whole hours before the end of the host's lines.
-- column: answered  Distinct messages and recipients in this hour.
WITH scopes AS (
    SELECT DISTINCT id, receiver, domain, ip, sender
    FROM chosen
)
SELECT s.id, CAST(t.age // 3600 AS INTEGER) AS hour, count(DISTINCT t.pair) AS answered
FROM told AS t
JOIN scopes AS s
    ON (s.receiver IS NULL OR t.receiver = s.receiver)
    AND (s.domain IS NULL OR t.domain = s.domain)
    AND (s.ip IS NULL OR t.ip = s.ip)
    AND (s.sender IS NULL OR t.sender = s.sender)
WHERE t.age < 8 * 86400
GROUP BY s.id, CAST(t.age // 3600 AS INTEGER);
