-- title: Greylisting
-- question: Who puts first contacts off on purpose, how long does the mail wait, and does it arrive?
-- counts: messages x recipients whose first reply put them off; greylisting is in no rate of the other reports
-- rows: troubled
-- show: receiver, told, behaved, delivered/recipients, waiting, lost, median_wait, longest_wait
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: receiver        The recipient's domain.
-- column: provider        Who runs its mailboxes.
-- column: recipients      Distinct messages and recipients that were greylisted: `told` and `behaved` together.
-- column: told            Of them, by the words of the reply.
-- column: behaved         Of them, by behaviour only: 4xx at RCPT at first, delivered by the same host in 4 h.
-- column: delivered       Of them, delivered in the end.
-- column: waiting         Of them, still in our queue.
-- column: lost            Of them, bounced or expired.
-- column: median_wait     Minutes from the first reply to delivery: half of the delivered waited no longer.
-- column: longest_wait    Minutes of the one that waited longest.
-- column: first_seen      First such reply in the period.
-- column: last_seen       Last.
-- column: reply           The newest of these replies.
-- What to do: nothing where mail arrives. Where the wait hurts, keep retries at this receiver close together and from
-- one IP; where mail is lost, each retry comes from another IP or the queue gives up too early.
WITH softened AS (
    SELECT
        refusals.message_key, refusals.recipient,
        min(refusals.ts) AS ts,
        arg_min(refusals.stage, refusals.ts) AS stage,
        arg_min(refusals.category, refusals.ts) AS category,
        arg_min(refusals.remote_host, refusals.ts) AS remote_host,
        arg_min(refusals.reply, refusals.ts) AS reply,
        max(refusals.recipient_domain) AS receiver,
        arg_max(refusals.provider, refusals.ts) AS provider
    FROM refusals, parameters
    WHERE refusals.ts >= parameters.since
        AND refusals.ts < parameters.until
        AND refusals.recipient IS NOT NULL
        AND (refusals.category = 'greylist' OR refusals.reply_code BETWEEN 400 AND 499)
        AND (parameters.provider IS NULL OR refusals.provider = parameters.provider)
        AND (parameters.domain IS NULL OR refusals.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR refusals.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR refusals.sender_domain = parameters.sender_domain)
    GROUP BY refusals.message_key, refusals.recipient
),
fates AS (
    SELECT
        softened.message_key, softened.recipient,
        arg_max(events.event, events.ts) AS event,
        max(events.ts) FILTER (WHERE events.event = 'delivered') AS arrived,
        arg_max(events.remote_host, events.ts) FILTER (WHERE events.event = 'delivered') AS host
    FROM softened
    JOIN events ON softened.message_key = events.message_key AND softened.recipient = events.recipient
    CROSS JOIN parameters
    WHERE events.direction = 'outbound'
        AND events.ts >= softened.ts
        AND events.ts < parameters.until
        AND events.event IN ('delivered', 'deferred', 'suspended', 'bounced', 'expired')
    GROUP BY softened.message_key, softened.recipient
),
gone AS (
    SELECT events.message_key
    FROM events, parameters
    WHERE events.event = 'expired' AND events.recipient IS NULL AND events.ts < parameters.until
    GROUP BY events.message_key
),
joined AS (
    SELECT
        softened.*,
        CASE
            WHEN fates.arrived IS NOT NULL THEN 'delivered'
            WHEN fates.event IN ('bounced', 'expired') OR gone.message_key IS NOT NULL THEN 'lost'
            ELSE 'waiting'
        END AS fate,
        date_diff('second', softened.ts, fates.arrived) / 60 AS wait,
        softened.category = 'greylist' AS told,
        softened.category IS DISTINCT FROM 'greylist'
            AND softened.stage = 'rcpt'
            AND fates.arrived <= softened.ts + INTERVAL 4 HOUR
            AND fates.host = softened.remote_host AS behaved
    FROM softened
    LEFT JOIN fates ON softened.message_key = fates.message_key AND softened.recipient = fates.recipient
    LEFT JOIN gone ON softened.message_key = gone.message_key
)
SELECT
    joined.receiver,
    arg_max(joined.provider, joined.ts) AS provider,
    count(*) AS recipients,
    count(*) FILTER (WHERE joined.told) AS told,
    count(*) FILTER (WHERE NOT coalesce(joined.told, FALSE)) AS behaved,
    count(*) FILTER (WHERE joined.fate = 'delivered') AS delivered,
    count(*) FILTER (WHERE joined.fate = 'waiting') AS waiting,
    count(*) FILTER (WHERE joined.fate = 'lost') AS lost,
    round(median(joined.wait), 1) AS median_wait,
    round(max(joined.wait), 1) AS longest_wait,
    min(joined.ts) AS first_seen,
    max(joined.ts) AS last_seen,
    arg_max(joined.reply, joined.ts) AS reply
FROM joined
WHERE joined.told OR joined.behaved
GROUP BY joined.receiver
ORDER BY count(*) DESC, joined.receiver
LIMIT (SELECT parameters.top FROM parameters);
