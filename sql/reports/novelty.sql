-- title: Replies never seen before
-- question: Which refusals did a provider never give us before this period, and what do they mean?
-- counts: distinct replies, and messages x recipients, by template
-- rows: refused
-- history: 90
-- show: what, receiver, stage, reason, attempts, recipients, first_seen, template
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: what            `reason` where this provider never refused for this reason at this stage, else `words`.
-- column: receiver        The provider; `other` where no rule knows it.
-- column: stage           Where in the dialogue.
-- column: category        What it is about.
-- column: reason          The exact reason.
-- column: template        The reply with its volatile parts replaced.
-- column: attempts        Distinct replies.
-- column: recipients      Distinct messages and recipients.
-- column: severity        0 to 5.
-- column: first_seen      First seen.
-- column: last_seen       Last seen.
-- column: known_days      Days before the period in which this provider's refusals were looked through; at most 90.
-- column: rule            The rule that says so.
-- column: reply           The newest of these replies.
-- column: remedy          What to do.
-- Looked through are the 90 days before the period, as far as the lake holds them: with few `known_days` nearly all is
-- new.
WITH seen AS (
    SELECT
        coalesce(refusals.provider, 'other') AS receiver,
        refusals.stage, refusals.category, refusals.reason, refusals.template,
        refusals.ts >= parameters.since AS in_period,
        min(refusals.ts) AS first_seen,
        max(refusals.ts) AS last_seen,
        count(DISTINCT refusals.attempt_key) AS attempts,
        count(DISTINCT hash(refusals.message_key, refusals.recipient)) FILTER (WHERE refusals.recipient IS NOT NULL)
            AS recipients,
        max(refusals.severity) AS severity,
        arg_max(refusals.rule, refusals.ts) AS rule,
        arg_max(refusals.reply, refusals.ts) AS reply
    FROM refusals, parameters
    WHERE refusals.ts >= parameters.since - INTERVAL 90 DAY
        AND refusals.ts < parameters.until
        AND (parameters.provider IS NULL OR refusals.provider = parameters.provider)
        AND (parameters.domain IS NULL OR refusals.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR refusals.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR refusals.sender_domain = parameters.sender_domain)
    GROUP BY
        coalesce(refusals.provider, 'other'), refusals.stage, refusals.category, refusals.reason, refusals.template,
        refusals.ts >= parameters.since
),
old AS (
    SELECT DISTINCT receiver, coalesce(template, '') AS template
    FROM seen
    WHERE NOT in_period
),
reasons AS (
    SELECT DISTINCT receiver, coalesce(stage, '') AS stage, coalesce(reason, '') AS reason
    FROM seen
    WHERE NOT in_period
),
history AS (
    SELECT seen.receiver, date_diff('day', min(seen.first_seen), max(parameters.since)) AS known_days
    FROM seen, parameters
    WHERE NOT seen.in_period
    GROUP BY seen.receiver
)
SELECT
    CASE WHEN reasons.receiver IS NULL THEN 'reason' ELSE 'words' END AS what,
    seen.receiver,
    seen.stage,
    seen.category,
    seen.reason,
    seen.template,
    seen.attempts,
    seen.recipients,
    seen.severity,
    seen.first_seen,
    seen.last_seen,
    coalesce(history.known_days, 0) AS known_days,
    seen.rule,
    seen.reply,
    remedies.remedy
FROM seen
LEFT JOIN old ON seen.receiver = old.receiver AND coalesce(seen.template, '') = old.template
LEFT JOIN reasons
    ON seen.receiver = reasons.receiver AND coalesce(seen.stage, '') = reasons.stage
    AND coalesce(seen.reason, '') = reasons.reason
LEFT JOIN history ON seen.receiver = history.receiver
LEFT JOIN remedies ON seen.rule = remedies.rule
WHERE seen.in_period AND old.receiver IS NULL
ORDER BY
    CASE WHEN reasons.receiver IS NULL THEN 0 ELSE 1 END,
    coalesce(seen.severity, 1) * seen.attempts DESC, seen.first_seen, seen.receiver, seen.template
LIMIT (SELECT parameters.top FROM parameters);
