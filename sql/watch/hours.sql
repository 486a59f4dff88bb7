-- title: Lines of each host
-- question: In which hours did each host write lines, and how many of them told of a delivery?
-- counts: events
-- uses: events
-- column: host       Log host; the provider's name where a provider wrote the log.
-- column: source     Log stream that the lines came in.
-- column: hour       Hours since 1970.
-- column: events     Events in this hour.
-- column: delivered  Of them, deliveries to other servers.
-- column: first_ts   First of them.
-- column: last_ts    Last of them.
SELECT
    coalesce(host, system, 'unknown') AS host,
    source,
    CAST(floor(epoch(ts) / 3600) AS BIGINT) AS hour,
    count(*) AS events,
    count(*) FILTER (WHERE direction = 'outbound' AND event = 'delivered') AS delivered,
    min(ts) AS first_ts,
    max(ts) AS last_ts
FROM events
GROUP BY coalesce(host, system, 'unknown'), source, CAST(floor(epoch(ts) / 3600) AS BIGINT);
