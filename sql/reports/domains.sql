-- title: Refused mail per recipient domain
-- question: Which recipient domains refuse our mail, on which days, and is it more than before?
-- counts: messages x recipients (refused and lost share) and distinct replies (throttle rate)
-- show: day, domain, refused/answered, spam_related/answered, attempts_refused/attempts, lost/ended, change
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: by ENUM('hour', 'day', 'week', 'month') = 'day'  How long each row's time is.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: day             Day, or the start of the hour, week or month that `by` names, in the report's time zone.
-- column: domain          Recipient's domain.
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
-- Suspended and suppressed mail, address probes, our own filters, greylisting, bounces of our own and everything
-- without an answer are in none of the rates.
WITH facts AS (
    SELECT
        coalesce(answers.recipient_domain, 'unknown') AS domain,
        CASE
            WHEN parameters.by = 'hour' THEN strftime(answers.ts, '%Y-%m-%d %H:00')
            ELSE strftime(date_trunc(CAST(parameters.by AS VARCHAR), answers.ts), '%Y-%m-%d')
        END AS day,
        answers.ts >= parameters.since AS in_period,
        answers.pair, answers.attempt_key, answers.refused, answers.spam_related,
        CAST(NULL AS VARCHAR) AS ended_pair, FALSE AS lost,
        answers.local_ip_from
    FROM answers, parameters
    WHERE answers.ts >= parameters.since - (parameters.until - parameters.since)
        AND answers.ts < parameters.until
        AND (parameters.provider IS NULL OR answers.provider = parameters.provider)
        AND (parameters.domain IS NULL OR answers.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR answers.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR answers.sender_domain = parameters.sender_domain)
    UNION ALL
    SELECT
        coalesce(outcomes.recipient_domain, 'unknown') AS domain,
        CASE
            WHEN parameters.by = 'hour' THEN strftime(outcomes.ts, '%Y-%m-%d %H:00')
            ELSE strftime(date_trunc(CAST(parameters.by AS VARCHAR), outcomes.ts), '%Y-%m-%d')
        END AS day,
        outcomes.ts >= parameters.since AS in_period,
        NULL AS pair, NULL AS attempt_key, FALSE AS refused, FALSE AS spam_related,
        outcomes.message_key || ' ' || outcomes.recipient AS ended_pair, outcomes.event <> 'delivered' AS lost,
        outcomes.local_ip_from
    FROM outcomes, parameters
    WHERE outcomes.ts >= parameters.since
        AND outcomes.ts < parameters.until
        AND outcomes.direction = 'outbound'
        AND outcomes.final
        AND outcomes.origin IS DISTINCT FROM 'null_sender'
        AND outcomes.event IN ('delivered', 'bounced', 'expired')
        AND (outcomes.event = 'delivered' OR outcomes.reply_by = 'remote')
        AND (parameters.provider IS NULL OR outcomes.provider = parameters.provider)
        AND (parameters.domain IS NULL OR outcomes.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR outcomes.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR outcomes.sender_domain = parameters.sender_domain)
),
rows AS (
    SELECT
        day,
        domain,
        count(DISTINCT pair) AS answered,
        count(DISTINCT pair) FILTER (WHERE refused) AS refused,
        count(DISTINCT pair) FILTER (WHERE refused AND spam_related) AS spam_related,
        count(DISTINCT attempt_key) AS attempts,
        count(DISTINCT attempt_key) FILTER (WHERE refused) AS attempts_refused,
        count(DISTINCT ended_pair) AS ended,
        count(DISTINCT ended_pair) FILTER (WHERE lost) AS lost
    FROM facts
    WHERE in_period
    GROUP BY day, domain
),
before AS (
    SELECT
        domain,
        count(DISTINCT pair) AS answered,
        count(DISTINCT pair) FILTER (WHERE refused) AS refused
    FROM facts
    WHERE NOT in_period
    GROUP BY domain
),
ranked AS (
    SELECT
        domain,
        row_number() OVER (
            ORDER BY
                count(DISTINCT pair) FILTER (WHERE refused) DESC,
                count(DISTINCT pair) DESC,
                domain
        ) AS place
    FROM facts
    WHERE in_period
    GROUP BY domain
)
SELECT
    rows.day,
    rows.domain,
    rows.answered,
    rows.refused,
    CASE WHEN rows.answered >= 20 THEN round(rows.refused / rows.answered, 4) END AS refused_share,
    rows.spam_related,
    CASE WHEN rows.answered >= 20 THEN round(rows.spam_related / rows.answered, 4) END AS spam_share,
    rows.attempts,
    rows.attempts_refused,
    CASE WHEN rows.attempts >= 20 THEN round(rows.attempts_refused / rows.attempts, 4) END AS throttle_rate,
    rows.ended,
    rows.lost,
    CASE WHEN rows.ended >= 20 THEN round(rows.lost / rows.ended, 4) END AS lost_share,
    CASE WHEN before.answered >= 20 THEN round(before.refused / before.answered, 4) END AS share_before,
    CASE
        WHEN rows.answered >= 20 AND before.answered >= 20
            THEN round(rows.refused / rows.answered - before.refused / before.answered, 4)
    END AS change
FROM rows
JOIN ranked ON rows.domain = ranked.domain
LEFT JOIN before ON rows.domain = before.domain
CROSS JOIN parameters
WHERE ranked.place <= parameters.top
ORDER BY rows.day, ranked.place;
