-- title: Refused mail per sending IP
-- question: Which of our sending IPs are refused, on which days, and is it more than before?
-- counts: messages x recipients (refused and lost share) and distinct replies (throttle rate)
-- rows: troubled, by
-- show: day, ip, refused/answered, attempts_refused/attempts, lost/ended, change, trend, part
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: by ENUM('hour', 'day', 'week', 'month') = 'day'  How long each row's time is.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: day             Day, or the start of the hour, week or month that `by` names, in the report's time zone.
-- column: ip              Our sending IP; `unknown` where the log does not tell it.
-- column: answered        Distinct messages and recipients that a receiver answered; empty for `reply`.
-- column: refused         Of them, refused at least once.
-- column: refused_share   Refused share; empty below 20 answered.
-- column: spam_related    Of the answered, refused by a spam verdict or an anti-spam gate.
-- column: spam_share      Their share; empty below 20 answered.
-- column: attempts        Distinct replies; empty for `reply`.
-- column: attempts_refused  Of them, refusals.
-- column: throttle_rate   Throttle rate: refused replies among all; empty below 20.
-- column: ended           Messages and recipients whose fate a receiver's word decided then; empty for `reply`.
-- column: lost            Of them, bounced or expired.
-- column: lost_share      Lost share; empty below 20 ended.
-- column: share_before    Refused share in the whole period of the same length before; empty below 20 answered.
-- column: change          Refused share of this row minus `share_before`: 0.05 is five percentage points more.
-- column: trend           `up` or `down`: the change is above three standard errors, so hardly chance; else `steady`.
-- column: part            Part of this row in all answered messages and recipients of its day.
-- column: known_from      How the IP is known: `log`, `instance`, `config`, or `reply`: by refusals only, no rates.
-- Suspended and suppressed mail, address probes, our own filters, greylisting, bounces of our own and everything
-- without an answer are in none of the rates.
WITH chosen AS (
    SELECT
        coalesce(figures.local_ip, 'unknown') AS ip,
        CASE
            WHEN parameters.by = 'hour' THEN strftime(figures.ts, '%Y-%m-%d %H:00')
            ELSE strftime(date_trunc(CAST(parameters.by AS VARCHAR), figures.ts), '%Y-%m-%d')
        END AS day,
        figures.ts >= parameters.since AS in_period,
        figures.local_ip_from, figures.plain, figures.pair, figures.attempt, figures.refused, figures.spam_related,
        figures.ended, figures.lost
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
        ip,
        in_period,
        sum(plain) + count(DISTINCT pair) AS answered,
        count(DISTINCT pair) FILTER (WHERE refused) AS refused,
        coalesce(bool_and(local_ip_from = 'reply'), FALSE) AS by_reply_only,
        coalesce(min(local_ip_from) FILTER (WHERE local_ip_from <> 'reply'), min(local_ip_from)) AS known_from
    FROM chosen
    GROUP BY ip, in_period
),
ranked AS (
    SELECT
        ip, answered, refused, by_reply_only, known_from,
        row_number() OVER (ORDER BY refused DESC, answered DESC, ip) AS place
    FROM totals
    WHERE in_period
),
top AS (
    SELECT
        ranked.ip, ranked.place, ranked.by_reply_only, ranked.known_from,
        CASE WHEN before.answered >= 20 AND NOT ranked.by_reply_only THEN before.answered END AS before,
        before.refused AS refused_before
    FROM ranked
    CROSS JOIN parameters
    LEFT JOIN totals AS before ON ranked.ip = before.ip AND NOT before.in_period
    WHERE ranked.place <= parameters.top
),
counted AS (
    SELECT
        chosen.day,
        chosen.ip,
        CAST(sum(chosen.plain) + count(DISTINCT chosen.pair) AS BIGINT) AS answered,
        count(DISTINCT chosen.pair) FILTER (WHERE chosen.refused) AS refused,
        count(DISTINCT chosen.pair) FILTER (WHERE chosen.spam_related) AS spam_related,
        CAST(sum(chosen.plain) + count(DISTINCT chosen.attempt) AS BIGINT) AS attempts,
        count(DISTINCT chosen.attempt) FILTER (WHERE chosen.refused) AS attempts_refused,
        CAST(sum(chosen.plain) + count(DISTINCT chosen.ended) AS BIGINT) AS ended,
        count(DISTINCT chosen.ended) FILTER (WHERE chosen.lost) AS lost
    FROM chosen
    WHERE chosen.in_period
    GROUP BY chosen.day, chosen.ip
),
rows AS (
    SELECT
        counted.day, counted.ip, counted.refused, counted.spam_related, counted.attempts_refused, counted.lost,
        CASE WHEN NOT top.by_reply_only THEN counted.answered END AS answered,
        CASE WHEN NOT top.by_reply_only THEN counted.attempts END AS attempts,
        CASE WHEN NOT top.by_reply_only THEN counted.ended END AS ended,
        counted.part, top.place, top.known_from, top.before, top.refused_before
    FROM (
        SELECT *, round(answered / nullif(sum(answered) OVER (PARTITION BY day), 0), 4) AS part
        FROM counted
    ) AS counted
    JOIN top ON counted.ip = top.ip
),
compared AS (
    SELECT
        *,
        refused_before / before AS share_before,
        CASE WHEN answered >= 20 THEN refused / answered - refused_before / before END AS change,
        (refused + refused_before) / (answered + before) AS pooled,
        1 / nullif(answered, 0) + 1 / nullif(before, 0) AS spread
    FROM rows
)
SELECT
    day,
    ip,
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
    END AS trend,
    CASE WHEN answered IS NOT NULL THEN part END AS part,
    known_from
FROM compared
ORDER BY day, place;
