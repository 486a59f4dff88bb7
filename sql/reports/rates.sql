-- title: Throttling by hour
-- question: In which hours were we too fast for whom, and whose mail was it?
-- counts: distinct replies (throttle rate); senders by messages x recipients of that hour at that provider
-- rows: troubled, hour
-- show: hour, receiver, throttled/attempts, recipients, reason, senders
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: hour            Start of the hour, in the report's time zone.
-- column: receiver        The provider, or the recipient's domain where its provider is not known.
-- column: throttled       Distinct replies that refused for rate, volume or number of connections.
-- column: attempts        All distinct replies of this receiver in this hour.
-- column: throttle_rate   Throttled among all; empty below 20.
-- column: recipients      Distinct messages and recipients that were throttled.
-- column: messages        Distinct messages that were throttled.
-- column: ips             Our sending IPs that were throttled, as far as known.
-- column: blamed          The identity that the newest of these replies blames.
-- column: reason          The reason of the newest of them.
-- column: senders         Who sent most to it in that hour: three accounts, local users or domains, with numbers.
-- column: first_seen      First such reply in the hour.
-- column: last_seen       Last.
-- column: rule            The rule of the newest.
-- column: remedy          What to do.
-- column: reply           The newest of these replies.
-- The hours with most throttled replies, in order of time. What to do: slow the named senders down at this receiver,
-- and see whether the number falls: throttling that is not heeded becomes a block.
WITH throttled AS (
    SELECT
        strftime(answers.ts, '%Y-%m-%d %H:00') AS hour,
        coalesce(answers.provider, answers.recipient_domain, 'unknown') AS receiver,
        count(DISTINCT answers.attempt_key) AS throttled,
        count(DISTINCT answers.pair) AS recipients,
        count(DISTINCT answers.message_key) AS messages,
        string_agg(DISTINCT answers.local_ip, ', ' ORDER BY answers.local_ip) AS ips,
        arg_max(answers.blamed, answers.ts) AS blamed,
        arg_max(answers.reason, answers.ts) AS reason,
        min(answers.ts) AS first_seen,
        max(answers.ts) AS last_seen,
        arg_max(answers.rule, answers.ts) AS rule,
        arg_max(answers.reply, answers.ts) AS reply
    FROM answers, parameters
    WHERE answers.refused
        AND answers.category = 'rate_limit'
        AND answers.ts >= parameters.since
        AND answers.ts < parameters.until
        AND (parameters.provider IS NULL OR answers.provider = parameters.provider)
        AND (parameters.domain IS NULL OR answers.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR answers.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR answers.sender_domain = parameters.sender_domain)
    GROUP BY 1, 2
),
hours AS (
    SELECT *, row_number() OVER (ORDER BY throttled DESC, hour, receiver) AS place
    FROM throttled
),
top AS (
    SELECT hours.*
    FROM hours, parameters
    WHERE hours.place <= parameters.top
),
chosen AS (
    SELECT
        top.hour, top.receiver, figures.plain, figures.pair, figures.attempt,
        coalesce(figures.sasl_user, figures.local_user, figures.sender_domain, 'unknown') AS sender
    FROM figures
    CROSS JOIN parameters
    JOIN top
        ON coalesce(figures.provider, figures.recipient_domain, 'unknown') = top.receiver
        AND strftime(figures.ts, '%Y-%m-%d %H:00') = top.hour
    WHERE figures.ts >= parameters.since
        AND figures.ts < parameters.until
        AND (figures.pair IS NOT NULL OR figures.plain > 0)
        AND (parameters.provider IS NULL OR figures.provider = parameters.provider)
        AND (parameters.domain IS NULL OR figures.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR figures.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR figures.sender_domain = parameters.sender_domain)
),
totals AS (
    SELECT hour, receiver, CAST(sum(plain) + count(DISTINCT attempt) AS BIGINT) AS attempts
    FROM chosen
    GROUP BY hour, receiver
),
senders AS (
    SELECT
        hour, receiver, sender,
        CAST(sum(plain) + count(DISTINCT pair) AS BIGINT) AS sent,
        row_number() OVER (
            PARTITION BY hour, receiver
            ORDER BY sum(plain) + count(DISTINCT pair) DESC, sender
        ) AS place
    FROM chosen
    GROUP BY hour, receiver, sender
),
named AS (
    SELECT hour, receiver, string_agg(sender || ' (' || sent || ')', ', ' ORDER BY place) AS senders
    FROM senders
    WHERE place <= 3
    GROUP BY hour, receiver
)
SELECT
    top.hour,
    top.receiver,
    top.throttled,
    totals.attempts,
    CASE WHEN totals.attempts >= 20 THEN round(top.throttled / totals.attempts, 4) END AS throttle_rate,
    top.recipients,
    top.messages,
    top.ips,
    top.blamed,
    top.reason,
    named.senders,
    top.first_seen,
    top.last_seen,
    top.rule,
    remedies.remedy,
    top.reply
FROM top
LEFT JOIN totals ON top.hour = totals.hour AND top.receiver = totals.receiver
LEFT JOIN named ON top.hour = named.hour AND top.receiver = named.receiver
LEFT JOIN remedies ON top.rule = remedies.rule
ORDER BY top.hour, top.throttled DESC, top.receiver;
