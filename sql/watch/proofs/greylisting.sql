-- The query behind a finding on greylisting, which is in no rate and so not in the view `answers`.
SELECT
    count(DISTINCT message_key || ' ' || recipient) AS refused,
    min(ts) AS first_seen,
    max(ts) AS last_seen
FROM refusals
WHERE ${mine} AND ${where}
