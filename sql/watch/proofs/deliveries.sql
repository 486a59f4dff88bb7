-- The query behind a finding on deliveries that have stopped.
SELECT date_trunc('hour', ts) AS hour, count(*) AS delivered
FROM events
WHERE direction = 'outbound' AND event = 'delivered' AND ${where}
GROUP BY hour
ORDER BY hour DESC
