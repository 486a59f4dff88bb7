-- title: Reasons for refusals
-- question: Why is our mail refused, by whom, since when, and what ends it?
-- counts: messages x recipients
-- rows: troubled
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: provider        Who refuses: the provider, or the recipient's domain where its provider is not known.
-- column: category        What the refusals are about.
-- column: reason          The exact reason.
-- column: spam_signal     `verdict` (they say spam), `gate` (an anti-spam gate), `none` or `undecided`.
-- column: severity        0 to 5; 5: mail of this IP or domain is being refused.
-- column: recipients      Distinct messages and recipients refused for this reason.
-- column: answered        Distinct messages and recipients that this provider answered.
-- column: refused_share   Their share; empty below 20 answered.
-- column: attempts        Distinct replies with this reason.
-- column: messages        Distinct messages.
-- column: before          Distinct messages and recipients refused for it in the period before.
-- column: first_seen      First such refusal in this period and the one before.
-- column: last_seen       Last such refusal.
-- column: blamed          The identity that the newest of these replies blames.
-- column: blamed_kind     What it is.
-- column: listed_by       The blocklist that the newest of these replies names.
-- column: owner           Who can end it.
-- column: rule            The rule that says so.
-- column: reply           The newest of these replies.
-- column: meaning         What it means.
-- column: remedy          What to do.
-- column: document        Where the provider explains it.
WITH chosen AS (
    SELECT
        answers.*,
        coalesce(answers.provider, answers.recipient_domain, 'unknown') AS receiver,
        answers.ts >= parameters.since AS in_period
    FROM answers, parameters
    WHERE answers.ts >= parameters.since - (parameters.until - parameters.since)
        AND answers.ts < parameters.until
        AND (parameters.provider IS NULL OR answers.provider = parameters.provider)
        AND (parameters.domain IS NULL OR answers.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR answers.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR answers.sender_domain = parameters.sender_domain)
),
smooth AS (
    SELECT coalesce(plain.provider, plain.recipient_domain, 'unknown') AS receiver, plain.plain
    FROM plain, parameters
    WHERE plain.ts >= parameters.since
        AND plain.ts < parameters.until
        AND (parameters.provider IS NULL OR plain.provider = parameters.provider)
        AND (parameters.domain IS NULL OR plain.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR plain.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR plain.sender_domain = parameters.sender_domain)
),
answered AS (
    SELECT receiver, CAST(sum(number) AS BIGINT) AS answered
    FROM (
        SELECT receiver, count(DISTINCT pair) AS number
        FROM chosen
        WHERE in_period
        GROUP BY receiver
        UNION ALL
        SELECT receiver, plain AS number
        FROM smooth
    ) AS counts
    GROUP BY receiver
),
refused AS (
    SELECT
        receiver, category, reason,
        arg_max(spam_signal, ts) AS spam_signal,
        max(severity) AS severity,
        count(DISTINCT pair) FILTER (WHERE in_period) AS recipients,
        count(DISTINCT attempt_key) FILTER (WHERE in_period) AS attempts,
        count(DISTINCT message_key) FILTER (WHERE in_period) AS messages,
        count(DISTINCT pair) FILTER (WHERE NOT in_period) AS before,
        count(*) FILTER (WHERE in_period) AS rows_in_period,
        min(ts) AS first_seen,
        max(ts) AS last_seen,
        arg_max(blamed, ts) AS blamed,
        arg_max(blamed_kind, ts) AS blamed_kind,
        arg_max(listed_by, ts) AS listed_by,
        arg_max(owner, ts) AS owner,
        arg_max(rule, ts) AS rule,
        arg_max(reply, ts) AS reply
    FROM chosen
    WHERE refused
    GROUP BY receiver, category, reason
)
SELECT
    r.receiver AS provider, r.category, r.reason, r.spam_signal, r.severity, r.recipients, a.answered,
    CASE WHEN a.answered >= 20 THEN round(r.recipients / a.answered, 4) END AS refused_share,
    r.attempts, r.messages, r.before, r.first_seen, r.last_seen, r.blamed, r.blamed_kind, r.listed_by, r.owner, r.rule,
    r.reply, remedies.meaning, remedies.remedy, remedies.document
FROM refused AS r
JOIN answered AS a ON r.receiver = a.receiver
LEFT JOIN remedies ON r.rule = remedies.rule
WHERE r.rows_in_period > 0
ORDER BY coalesce(r.severity, 1) * r.recipients DESC, r.recipients DESC, r.receiver, r.reason
LIMIT (SELECT parameters.top FROM parameters);
