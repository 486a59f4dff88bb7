-- title: The first refusals of each recipient
-- question: When was each recipient first refused for the reason of a finding, in the week before its host's last line?
-- counts: one row per finding, message and recipient
-- uses: told, chosen
-- column: id   Number of the finding.
-- column: age  Seconds before the end of the host's lines.
-- column: ts   When.
SELECT c.id, max(t.age) AS age, min(t.ts) AS ts
FROM told AS t
JOIN chosen AS c ON t.reason = c.reason
WHERE t.refused AND t.pair IS NOT NULL AND t.age < 8 * 86400
    AND (c.receiver IS NULL OR t.receiver = c.receiver)
    AND (c.domain IS NULL OR t.domain = c.domain)
    AND (c.ip IS NULL OR t.ip = c.ip)
    AND (c.sender IS NULL OR t.sender = c.sender)
    AND (c.stage IS NULL OR t.stage = c.stage)
GROUP BY c.id, t.pair
ORDER BY c.id, max(t.age) DESC;
