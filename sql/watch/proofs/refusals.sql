-- The query behind a finding on refusals; filled in by `watch/queries.py`.
SELECT
    count(DISTINCT pair) FILTER (WHERE refused AND ${mine}) AS refused,
    count(DISTINCT pair) AS answered,
    min(ts) FILTER (WHERE refused AND ${mine}) AS first_seen,
    max(ts) FILTER (WHERE refused AND ${mine}) AS last_seen
FROM answers
WHERE ${where}
