-- The query behind a finding on a host that writes no more.
SELECT day, count(*) AS events, max(ts) AS last_seen
FROM events
WHERE ${where}
GROUP BY day
ORDER BY day DESC
