-- title: Refusals over time
-- question: How did volume, refusals and spam-related refusals run at each provider, in this period and the one before?
-- counts: messages x recipients
-- rows: troubled, by
-- show: day, provider, answered, refused/answered, spam_related/answered
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: by ENUM('hour', 'day', 'week', 'month') = 'day'  How long each row's time is.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- column: day             Day, or the start of the hour, week or month that `by` names, in the report's time zone.
-- column: provider        Who runs the receiving mailboxes; `other` where that is not known.
-- column: answered        Distinct messages and recipients that the provider answered then.
-- column: refused         Of them, refused at least once.
-- column: refused_share   Refused share; empty below 20 answered.
-- column: spam_related    Of the answered, refused by a spam verdict or an anti-spam gate.
-- column: spam_share      Their share; empty below 20 answered.
-- It covers the period and the one of the same length before it, so that what is new shows against what was usual.
WITH chosen AS (
    SELECT
        coalesce(figures.provider, 'other') AS provider,
        CASE
            WHEN parameters.by = 'hour' THEN strftime(figures.ts, '%Y-%m-%d %H:00')
            ELSE strftime(date_trunc(CAST(parameters.by AS VARCHAR), figures.ts), '%Y-%m-%d')
        END AS day,
        figures.plain, figures.pair, figures.refused, figures.spam_related
    FROM figures, parameters
    WHERE figures.ts >= parameters.since - (parameters.until - parameters.since)
        AND figures.ts < parameters.until
        AND (parameters.provider IS NULL OR figures.provider = parameters.provider)
        AND (parameters.domain IS NULL OR figures.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR figures.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR figures.sender_domain = parameters.sender_domain)
),
counted AS (
    SELECT
        day,
        provider,
        CAST(sum(plain) + count(DISTINCT pair) AS BIGINT) AS answered,
        count(DISTINCT pair) FILTER (WHERE refused) AS refused,
        count(DISTINCT pair) FILTER (WHERE spam_related) AS spam_related
    FROM chosen
    GROUP BY day, provider
    HAVING sum(plain) + count(DISTINCT pair) > 0
)
SELECT
    day,
    provider,
    answered,
    refused,
    CASE WHEN answered >= 20 THEN round(refused / answered, 4) END AS refused_share,
    spam_related,
    CASE WHEN answered >= 20 THEN round(spam_related / answered, 4) END AS spam_share
FROM counted
ORDER BY day, refused DESC, answered DESC, provider;
