-- title: Authentication and identity failures
-- question: Which of our domains, IPs and names fail SPF, DKIM, DMARC, PTR or TLS at whom, and what is missing?
-- counts: messages x recipients
-- rows: refused
-- show: identity, reason, receivers, warned, refused, forwarded, first_seen, last_seen
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: identity        What is blamed; where the reply names none, the sender domain or, for PTR and HELO, our IP.
-- column: identity_kind   `domain`, `ip`, `netblock`, `url` or `helo`.
-- column: category        `authentication` or `sender_identity`.
-- column: reason          The exact reason.
-- column: receivers       Who says so: providers, or recipient domains; the five with most recipients.
-- column: recipients      Distinct messages and recipients refused for it.
-- column: warned          Of them, by 4xx only: an early warning, the same number comes back as 5xx.
-- column: refused         Of them, by 5xx: the mail is lost.
-- column: forwarded       Of them, forwarded mail: the fault is in the forwarding, not in the domain's DNS.
-- column: sender_domains  Distinct sender domains among them.
-- column: before          Distinct messages and recipients in the period of the same length before.
-- column: first_seen      First such refusal in this period and the one before.
-- column: last_seen       Last such refusal.
-- column: severity        0 to 5.
-- column: rule            The rule that says so.
-- column: reply           The newest of these replies.
-- column: meaning         What it means.
-- column: remedy          What to do.
-- column: document        Where the provider explains it.
WITH chosen AS (
    SELECT
        answers.*,
        CASE
            WHEN answers.blamed IS NOT NULL THEN answers.blamed
            WHEN answers.category = 'authentication' THEN coalesce(answers.sender_domain, 'unknown')
            ELSE coalesce(answers.local_ip, answers.sender_domain, 'unknown')
        END AS identity,
        CASE
            WHEN answers.blamed IS NOT NULL THEN answers.blamed_kind
            WHEN answers.category <> 'authentication' AND answers.local_ip IS NOT NULL THEN 'ip'
            WHEN answers.sender_domain IS NOT NULL THEN 'domain'
        END AS identity_kind,
        coalesce(answers.provider, answers.recipient_domain, 'unknown') AS receiver,
        answers.reply_code >= 500 OR (answers.reply_code IS NULL AND answers.event = 'bounced') AS permanent,
        answers.ts >= parameters.since AS in_period
    FROM answers, parameters
    WHERE answers.refused
        AND answers.category IN ('authentication', 'sender_identity')
        AND answers.ts >= parameters.since - (parameters.until - parameters.since)
        AND answers.ts < parameters.until
        AND (parameters.provider IS NULL OR answers.provider = parameters.provider)
        AND (parameters.domain IS NULL OR answers.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR answers.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR answers.sender_domain = parameters.sender_domain)
),
receivers AS (
    SELECT
        identity, reason, receiver,
        row_number() OVER (PARTITION BY identity, reason ORDER BY count(DISTINCT pair) DESC, receiver) AS place
    FROM chosen
    WHERE in_period
    GROUP BY identity, reason, receiver
),
named AS (
    SELECT identity, reason, string_agg(receiver, ', ' ORDER BY place) AS receivers
    FROM receivers
    WHERE place <= 5
    GROUP BY identity, reason
),
told AS (
    SELECT
        identity, reason,
        arg_max(identity_kind, ts) AS identity_kind,
        arg_max(category, ts) AS category,
        count(DISTINCT pair) FILTER (WHERE in_period) AS recipients,
        count(DISTINCT pair) FILTER (WHERE in_period AND permanent) AS refused,
        count(DISTINCT pair) FILTER (WHERE in_period AND origin = 'forwarded') AS forwarded,
        count(DISTINCT sender_domain) FILTER (WHERE in_period) AS sender_domains,
        count(DISTINCT pair) FILTER (WHERE NOT in_period) AS before,
        min(ts) AS first_seen,
        max(ts) AS last_seen,
        max(severity) AS severity,
        arg_max(rule, ts) AS rule,
        arg_max(reply, ts) AS reply
    FROM chosen
    GROUP BY identity, reason
)
SELECT
    told.identity,
    told.identity_kind,
    told.category,
    told.reason,
    named.receivers,
    told.recipients,
    told.recipients - told.refused AS warned,
    told.refused,
    told.forwarded,
    told.sender_domains,
    told.before,
    told.first_seen,
    told.last_seen,
    told.severity,
    told.rule,
    told.reply,
    remedies.meaning,
    CASE
        WHEN 2 * told.forwarded > told.recipients
            THEN 'Rewrite the sender (SRS) or seal the mail (ARC), or stop forwarding; your own DNS is not at fault.'
        ELSE remedies.remedy
    END AS remedy,
    remedies.document
FROM told
JOIN named ON told.identity = named.identity AND told.reason IS NOT DISTINCT FROM named.reason
LEFT JOIN remedies ON told.rule = remedies.rule
ORDER BY coalesce(told.severity, 1) * told.recipients DESC, told.identity, told.reason
LIMIT (SELECT parameters.top FROM parameters);
