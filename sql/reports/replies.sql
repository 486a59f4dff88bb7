-- title: Replies that refused mail
-- question: What exactly did receivers say, and which of it does no rule know yet?
-- counts: messages x recipients, and distinct replies
-- rows: refused
-- show: provider, recipients, attempts, reason, last_seen, template
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: unclassified BOOLEAN = FALSE  Unclassified replies first.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: provider        The receiving provider, or null.
-- column: reply_code      SMTP code.
-- column: reply_enhanced  Enhanced status code.
-- column: template        The reply with its volatile parts replaced.
-- column: recipients      Distinct messages and recipients.
-- column: attempts        Distinct replies.
-- column: category        What it is about.
-- column: reason          The exact reason.
-- column: rule            The rule that says so.
-- column: matched_by      How specific the match was.
-- column: stage           Where in the dialogue it came last.
-- column: first_seen      First seen in the period.
-- column: last_seen       Last seen.
-- column: reply           The newest of these replies.
SELECT
    refusals.provider,
    refusals.reply_code,
    refusals.reply_enhanced,
    refusals.template,
    count(DISTINCT hash(refusals.message_key, refusals.recipient)) FILTER (WHERE refusals.recipient IS NOT NULL)
        AS recipients,
    count(DISTINCT refusals.attempt_key) AS attempts,
    refusals.category,
    refusals.reason,
    refusals.rule,
    refusals.matched_by,
    arg_max(refusals.stage, refusals.ts) AS stage,
    min(refusals.ts) AS first_seen,
    max(refusals.ts) AS last_seen,
    arg_max(refusals.reply, refusals.ts) AS reply
FROM refusals, parameters
WHERE refusals.ts >= parameters.since
    AND refusals.ts < parameters.until
    AND (parameters.provider IS NULL OR refusals.provider = parameters.provider)
    AND (parameters.domain IS NULL OR refusals.recipient_domain = parameters.domain)
    AND (parameters.ip IS NULL OR refusals.local_ip = parameters.ip)
    AND (parameters.sender_domain IS NULL OR refusals.sender_domain = parameters.sender_domain)
GROUP BY
    refusals.provider, refusals.reply_code, refusals.reply_enhanced, refusals.template, refusals.category,
    refusals.reason, refusals.rule, refusals.matched_by
ORDER BY
    max(CASE WHEN parameters.unclassified THEN 1 ELSE 0 END)
    * max(CASE WHEN coalesce(refusals.category, 'unclassified') = 'unclassified' THEN 1 ELSE 0 END) DESC,
    count(DISTINCT refusals.attempt_key) DESC,
    refusals.template, refusals.provider, refusals.reply_code
LIMIT (SELECT parameters.top FROM parameters);
