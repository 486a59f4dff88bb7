-- title: Time to delivery
-- question: How long does mail take to each provider, and does it take longer than before?
-- counts: deliveries: one row of the log each, by the delay from arrival in our queue that it names
-- show: receiver, delivered, median, minute_share, hour_share, slow_share_before, slow_share, longest
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: receiver        The provider, or the recipient's domain where its provider is not known.
-- column: delivered       Deliveries.
-- column: median          Seconds in which half of them arrived.
-- column: minute_share    Part that arrived within a minute; empty below 20 deliveries.
-- column: ten_share       Within ten minutes.
-- column: hour_share      Within an hour.
-- column: four_share      Within four hours.
-- column: day_share       Within a day.
-- column: longest         Seconds of the slowest.
-- column: slow            Deliveries that took more than an hour.
-- column: slow_share      Their part; empty below 20.
-- column: slow_share_before     Their part in the period of the same length before; empty below 20 deliveries.
-- column: trend           `up` or `down`: slow mail changed by more than three standard errors; else `steady`.
-- What to do: where slow mail rises, `rates` and `greylisting` say whether the receiver asks for it; `outcomes` says
-- what became of what was put off.
WITH chosen AS (
    SELECT
        coalesce(events.provider, events.recipient_domain, 'unknown') AS receiver,
        events.ts >= parameters.since AS in_period,
        events.delay
    FROM events, parameters
    WHERE events.event = 'delivered'
        AND events.direction = 'outbound'
        AND events.delay IS NOT NULL
        AND events.ts >= parameters.since - (parameters.until - parameters.since)
        AND events.ts < parameters.until
        AND (parameters.provider IS NULL OR events.provider = parameters.provider)
        AND (parameters.domain IS NULL OR events.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR events.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR events.sender_domain = parameters.sender_domain)
),
totals AS (
    SELECT
        receiver,
        count(*) FILTER (WHERE in_period) AS delivered,
        quantile_disc(delay, 0.5) FILTER (WHERE in_period) AS median,
        count(*) FILTER (WHERE in_period AND delay <= 60) AS minute,
        count(*) FILTER (WHERE in_period AND delay <= 600) AS ten,
        count(*) FILTER (WHERE in_period AND delay <= 3600) AS hour,
        count(*) FILTER (WHERE in_period AND delay <= 14400) AS four,
        count(*) FILTER (WHERE in_period AND delay <= 86400) AS day,
        max(delay) FILTER (WHERE in_period) AS longest,
        count(*) FILTER (WHERE NOT in_period) AS delivered_before,
        count(*) FILTER (WHERE NOT in_period AND delay > 3600) AS slow_before
    FROM chosen
    GROUP BY receiver
),
shares AS (
    SELECT
        *,
        delivered - hour AS slow,
        CASE WHEN delivered >= 20 THEN (delivered - hour) / delivered END AS slow_share,
        CASE WHEN delivered_before >= 20 THEN slow_before / delivered_before END AS share_before,
        (delivered - hour + slow_before) / (delivered + delivered_before) AS pooled,
        1 / nullif(delivered, 0) + 1 / nullif(delivered_before, 0) AS spread
    FROM totals
    WHERE delivered > 0
)
SELECT
    receiver,
    delivered,
    round(median, 1) AS median,
    CASE WHEN delivered >= 20 THEN round(minute / delivered, 4) END AS minute_share,
    CASE WHEN delivered >= 20 THEN round(ten / delivered, 4) END AS ten_share,
    CASE WHEN delivered >= 20 THEN round(hour / delivered, 4) END AS hour_share,
    CASE WHEN delivered >= 20 THEN round(four / delivered, 4) END AS four_share,
    CASE WHEN delivered >= 20 THEN round(day / delivered, 4) END AS day_share,
    round(longest, 1) AS longest,
    slow,
    round(slow_share, 4) AS slow_share,
    round(share_before, 4) AS slow_share_before,
    CASE
        WHEN slow_share IS NULL OR share_before IS NULL THEN NULL
        WHEN abs(slow_share - share_before) <= 3 * sqrt(pooled * (1 - pooled) * spread) THEN 'steady'
        WHEN slow_share > share_before THEN 'up'
        ELSE 'down'
    END AS trend
FROM shares
ORDER BY slow DESC, delivered DESC, receiver
LIMIT (SELECT parameters.top FROM parameters);
