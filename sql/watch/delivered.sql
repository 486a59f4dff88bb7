-- title: Deliveries by hour and receiver
-- question: How many recipients did each host deliver to, at each receiver and in each hour before its last line?
-- counts: deliveries
-- uses: told
-- column: hour       Whole hours before the end of the host's lines.
-- column: receiver   The provider; null for all receivers that no rule knows.
-- column: host       Log host.
-- column: delivered  Deliveries.
-- column: newest     Age of the newest, in seconds.
-- column: last_ts    When it was.
SELECT
    CAST(age // 3600 AS INTEGER) AS hour, provider AS receiver, host, count(*) AS delivered, min(age) AS newest,
    max(ts) AS last_ts
FROM told
WHERE NOT refused
GROUP BY CAST(age // 3600 AS INTEGER), provider, host;
