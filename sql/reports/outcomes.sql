-- title: What became of deferred mail
-- question: Mail that could not be delivered at once: did it arrive, who let it wait longest, and what is lost?
-- counts: messages x recipients that were put off in the period, by the first cause; no rate
-- rows: troubled
-- show: receiver, category, reason, deferred, delivered, waiting, lost, median_wait, oldest
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: receiver        The provider, or the recipient's domain where its provider is not known.
-- column: category        What the first deferral was about.
-- column: reason          The exact reason.
-- column: deferred        Distinct messages and recipients put off.
-- column: delivered       Of them, delivered in the end.
-- column: delivered_share Their part; empty below 20.
-- column: waiting         Of them, still in our queue.
-- column: lost            Of them, bounced or expired.
-- column: bounced         Of the lost, given up by a final refusal.
-- column: expired         Of the lost, given up for age.
-- column: tries           Lines that tell of a try, of all of them.
-- column: median_wait     Minutes from the first deferral to delivery: half of the delivered waited no longer.
-- column: longest_wait    Minutes of the one that waited longest.
-- column: oldest          When the oldest that still waits was put off first.
-- column: reply           The newest of the first deferrals' replies.
-- column: rule            The rule of that reply.
-- column: remedy          What to do.
WITH puts AS (
    SELECT
        events.message_key, events.recipient,
        min(events.ts) AS ts,
        arg_min(events.category, events.ts) AS category,
        arg_min(events.reason, events.ts) AS reason,
        arg_min(events.reply, events.ts) AS reply,
        arg_min(events.rule, events.ts) AS rule,
        coalesce(max(events.provider), max(events.recipient_domain), 'unknown') AS receiver
    FROM events, parameters
    WHERE events.event = 'deferred'
        AND events.direction = 'outbound'
        AND events.recipient IS NOT NULL
        AND events.origin IS DISTINCT FROM 'null_sender'
        AND events.ts >= parameters.since
        AND events.ts < parameters.until
        AND (parameters.provider IS NULL OR events.provider = parameters.provider)
        AND (parameters.domain IS NULL OR events.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR events.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR events.sender_domain = parameters.sender_domain)
    GROUP BY events.message_key, events.recipient
),
fates AS (
    SELECT
        puts.message_key, puts.recipient,
        count(*) FILTER (WHERE events.event <> 'suspended') AS tries,
        arg_max(events.event, events.ts) AS event,
        max(events.ts) FILTER (WHERE events.event = 'delivered') AS arrived
    FROM puts
    JOIN events ON puts.message_key = events.message_key AND puts.recipient = events.recipient
    CROSS JOIN parameters
    WHERE events.direction = 'outbound'
        AND events.ts >= puts.ts
        AND events.ts < parameters.until
        AND events.event IN ('delivered', 'deferred', 'suspended', 'bounced', 'expired')
    GROUP BY puts.message_key, puts.recipient
),
gone AS (
    SELECT events.message_key
    FROM events, parameters
    WHERE events.event = 'expired' AND events.recipient IS NULL AND events.ts < parameters.until
    GROUP BY events.message_key
),
joined AS (
    SELECT
        puts.*, fates.tries,
        CASE
            WHEN fates.arrived IS NOT NULL THEN 'delivered'
            WHEN fates.event IN ('bounced', 'expired') THEN fates.event
            WHEN gone.message_key IS NOT NULL THEN 'expired'
            ELSE 'waiting'
        END AS fate,
        date_diff('second', puts.ts, fates.arrived) / 60 AS wait
    FROM puts
    JOIN fates ON puts.message_key = fates.message_key AND puts.recipient = fates.recipient
    LEFT JOIN gone ON puts.message_key = gone.message_key
),
told AS (
    SELECT
        receiver, category, reason,
        count(*) AS deferred,
        count(*) FILTER (WHERE fate = 'delivered') AS delivered,
        count(*) FILTER (WHERE fate = 'waiting') AS waiting,
        count(*) FILTER (WHERE fate = 'bounced') AS bounced,
        count(*) FILTER (WHERE fate = 'expired') AS expired,
        CAST(sum(tries) AS BIGINT) AS tries,
        median(wait) AS median_wait,
        max(wait) AS longest_wait,
        min(ts) FILTER (WHERE fate = 'waiting') AS oldest,
        arg_max(reply, ts) AS reply,
        arg_max(rule, ts) AS rule
    FROM joined
    GROUP BY receiver, category, reason
)
SELECT
    told.receiver,
    told.category,
    told.reason,
    told.deferred,
    told.delivered,
    CASE WHEN told.deferred >= 20 THEN round(told.delivered / told.deferred, 4) END AS delivered_share,
    told.waiting,
    told.bounced + told.expired AS lost,
    told.bounced,
    told.expired,
    told.tries,
    round(told.median_wait, 1) AS median_wait,
    round(told.longest_wait, 1) AS longest_wait,
    told.oldest,
    told.reply,
    told.rule,
    remedies.remedy
FROM told
LEFT JOIN remedies ON told.rule = remedies.rule
ORDER BY told.bounced + told.expired DESC, told.waiting DESC, told.deferred DESC, told.receiver, told.reason
LIMIT (SELECT parameters.top FROM parameters);
