-- title: Reasons by day
-- question: For which reasons was mail refused on which days, in this period and the one before?
-- counts: messages x recipients
-- rows: troubled
-- show: day, reason, category, spam_signal, recipients
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: by ENUM('hour', 'day', 'week', 'month') = 'day'  How long each row's time is.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: day             Day, or the start of the hour, week or month that `by` names, in the report's time zone.
-- column: reason          The exact reason.
-- column: category        What the refusals are about.
-- column: spam_signal     `verdict`, `gate`, `none` or `undecided`, of the newest of these replies.
-- column: recipients      Distinct messages and recipients refused for this reason then.
-- column: in_all          Distinct messages and recipients refused for this reason in the period and the one before.
-- The reasons of the most recipients come first; `top` says how many reasons.
WITH chosen AS (
    SELECT
        coalesce(answers.reason, 'unknown') AS reason,
        coalesce(answers.category, 'unclassified') AS category,
        answers.spam_signal,
        CASE
            WHEN parameters.by = 'hour' THEN strftime(answers.ts, '%Y-%m-%d %H:00')
            ELSE strftime(date_trunc(CAST(parameters.by AS VARCHAR), answers.ts), '%Y-%m-%d')
        END AS day,
        answers.ts, answers.pair
    FROM answers, parameters
    WHERE answers.refused
        AND answers.ts >= parameters.since - (parameters.until - parameters.since)
        AND answers.ts < parameters.until
        AND (parameters.provider IS NULL OR answers.provider = parameters.provider)
        AND (parameters.domain IS NULL OR answers.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR answers.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR answers.sender_domain = parameters.sender_domain)
),
ranked AS (
    SELECT
        reason,
        category,
        arg_max(spam_signal, ts) AS spam_signal,
        count(DISTINCT pair) AS in_all,
        row_number() OVER (ORDER BY count(DISTINCT pair) DESC, category, reason) AS place
    FROM chosen
    GROUP BY reason, category
),
counted AS (
    SELECT day, reason, category, count(DISTINCT pair) AS recipients
    FROM chosen
    GROUP BY day, reason, category
)
SELECT counted.day, counted.reason, counted.category, ranked.spam_signal, counted.recipients, ranked.in_all
FROM counted
JOIN ranked ON counted.reason = ranked.reason AND counted.category = ranked.category
CROSS JOIN parameters
WHERE ranked.place <= parameters.top
ORDER BY ranked.place, counted.day;
