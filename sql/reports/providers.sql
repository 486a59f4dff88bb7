-- title: Refused mail per provider
-- question: Which providers refuse our mail, on which days, and is it more than before?
-- counts: messages x recipients (refused and lost share) and distinct replies (throttle rate)
-- rows: troubled, by
-- show: day, receiver, refused/answered, spam_related/answered, attempts_refused/attempts, lost/ended, change, trend
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: by ENUM('hour', 'day', 'week', 'month') = 'day'  How long each row's time is.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: day             Day, or the start of the hour, week or month that `by` names, in the report's time zone.
-- column: receiver        Who runs the receiving mailboxes; `other` where no rule knows it.
-- column: answered        Distinct messages and recipients that a receiver answered.
-- column: refused         Of them, refused at least once.
-- column: refused_share   Refused share; empty below 20 answered.
-- column: spam_related    Of the answered, refused by a spam verdict or an anti-spam gate.
-- column: spam_share      Their share; empty below 20 answered.
-- column: attempts        Distinct replies.
-- column: attempts_refused  Of them, refusals.
-- column: throttle_rate   Throttle rate: refused replies among all; empty below 20.
-- column: ended           Messages and recipients whose fate a receiver's word decided then.
-- column: lost            Of them, bounced or expired.
-- column: lost_share      Lost share; empty below 20 ended.
-- column: share_before    Refused share in the whole period of the same length before; empty below 20 answered.
-- column: change          Refused share of this row minus `share_before`: 0.05 is five percentage points more.
-- column: trend           `up` or `down`: the change is above three standard errors, so hardly chance; else `steady`.
-- Suspended and suppressed mail, address probes, our own filters, greylisting, bounces of our own and everything
-- without an answer are in none of the rates.
WITH chosen AS (
    SELECT
        coalesce(figures.provider, 'other') AS receiver,
        CASE
            WHEN parameters.by = 'hour' THEN strftime(figures.ts, '%Y-%m-%d %H:00')
            ELSE strftime(date_trunc(CAST(parameters.by AS VARCHAR), figures.ts), '%Y-%m-%d')
        END AS day,
        figures.ts >= parameters.since AS in_period,
        figures.plain, figures.pair, figures.attempt, figures.refused, figures.spam_related, figures.ended, figures.lost
    FROM figures, parameters
    WHERE figures.ts >= parameters.since - (parameters.until - parameters.since)
        AND figures.ts < parameters.until
        AND (parameters.provider IS NULL OR figures.provider = parameters.provider)
        AND (parameters.domain IS NULL OR figures.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR figures.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR figures.sender_domain = parameters.sender_domain)
),
totals AS (
    SELECT
        receiver,
        in_period,
        sum(plain) + count(DISTINCT pair) AS answered,
        count(DISTINCT pair) FILTER (WHERE refused) AS refused
    FROM chosen
    GROUP BY receiver, in_period
),
ranked AS (
    SELECT
        receiver, answered, refused,
        row_number() OVER (ORDER BY refused DESC, answered DESC, receiver) AS place
    FROM totals
    WHERE in_period
),
top AS (
    SELECT
        ranked.receiver, ranked.place,
        CASE WHEN before.answered >= 20 THEN before.answered END AS before,
        before.refused AS refused_before
    FROM ranked
    CROSS JOIN parameters
    LEFT JOIN totals AS before ON ranked.receiver = before.receiver AND NOT before.in_period
    WHERE ranked.place <= parameters.top
),
rows AS (
    SELECT
        chosen.day,
        chosen.receiver,
        CAST(sum(chosen.plain) + count(DISTINCT chosen.pair) AS BIGINT) AS answered,
        count(DISTINCT chosen.pair) FILTER (WHERE chosen.refused) AS refused,
        count(DISTINCT chosen.pair) FILTER (WHERE chosen.spam_related) AS spam_related,
        CAST(sum(chosen.plain) + count(DISTINCT chosen.attempt) AS BIGINT) AS attempts,
        count(DISTINCT chosen.attempt) FILTER (WHERE chosen.refused) AS attempts_refused,
        CAST(sum(chosen.plain) + count(DISTINCT chosen.ended) AS BIGINT) AS ended,
        count(DISTINCT chosen.ended) FILTER (WHERE chosen.lost) AS lost
    FROM chosen
    WHERE chosen.in_period AND chosen.receiver IN (SELECT receiver FROM top)
    GROUP BY chosen.day, chosen.receiver
),
compared AS (
    SELECT
        rows.*,
        top.place,
        top.refused_before / top.before AS share_before,
        CASE WHEN rows.answered >= 20 THEN rows.refused / rows.answered - top.refused_before / top.before END AS change,
        (rows.refused + top.refused_before) / (rows.answered + top.before) AS pooled,
        1 / nullif(rows.answered, 0) + 1 / nullif(top.before, 0) AS spread
    FROM rows
    JOIN top ON rows.receiver = top.receiver
)
SELECT
    day,
    receiver,
    answered,
    refused,
    CASE WHEN answered >= 20 THEN round(refused / answered, 4) END AS refused_share,
    spam_related,
    CASE WHEN answered >= 20 THEN round(spam_related / answered, 4) END AS spam_share,
    attempts,
    attempts_refused,
    CASE WHEN attempts >= 20 THEN round(attempts_refused / attempts, 4) END AS throttle_rate,
    ended,
    lost,
    CASE WHEN ended >= 20 THEN round(lost / ended, 4) END AS lost_share,
    round(share_before, 4) AS share_before,
    round(change, 4) AS change,
    CASE
        WHEN change IS NULL THEN NULL
        WHEN abs(change) <= 3 * sqrt(pooled * (1 - pooled) * spread) THEN 'steady'
        WHEN change > 0 THEN 'up'
        ELSE 'down'
    END AS trend
FROM compared
ORDER BY day, place;
