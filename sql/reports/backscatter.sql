-- title: Backscatter and forwarded mail
-- question: Which bounces, autoreplies and forwarded mail of ours do others refuse, why, and what ends it?
-- counts: messages x recipients; backscatter is in no rate of the other reports, forwarded mail is in them
-- show: kind, receiver, refused/answered, category, reason, sender_domain, last_seen
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: kind            `backscatter` (null sender: bounces and autoreplies) or `forwarded` mail.
-- column: receiver        The provider, or the recipient's domain where its provider is not known.
-- column: category        What the refusals are about.
-- column: reason          The exact reason.
-- column: refused         Distinct messages and recipients refused for it.
-- column: answered        Distinct messages and recipients of this kind that this receiver answered.
-- column: refused_share   Their share; empty below 20 answered.
-- column: messages        Distinct messages refused for it.
-- column: sender_domain   The sender domain of most of it; `forwarded` only.
-- column: first_seen      First such refusal in the period.
-- column: last_seen       Last.
-- column: rule            The rule that says so.
-- column: reply           The newest of these replies.
-- column: remedy          What to do about mail of this kind.
WITH chosen AS (
    SELECT
        CASE WHEN events.origin = 'null_sender' THEN 'backscatter' ELSE 'forwarded' END AS kind,
        coalesce(events.provider, events.recipient_domain, 'unknown') AS receiver,
        events.ts,
        hash(events.message_key, events.recipient) AS pair,
        events.message_key, events.event <> 'delivered' AS refused,
        events.category, events.reason, events.sender_domain, events.rule, events.reply
    FROM events, parameters
    WHERE events.origin IN ('null_sender', 'forwarded')
        AND events.direction = 'outbound'
        AND events.recipient IS NOT NULL
        AND events.ts >= parameters.since
        AND events.ts < parameters.until
        AND (
            events.event = 'delivered'
            OR (
                events.event IN ('attempt', 'deferred', 'bounced')
                AND events.reply_by = 'remote'
                AND (events.reply_code >= 400 OR substr(events.reply_enhanced, 1, 1) IN ('4', '5'))
                AND events.category IS DISTINCT FROM 'greylist'
            )
        )
        AND (parameters.provider IS NULL OR events.provider = parameters.provider)
        AND (parameters.domain IS NULL OR events.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR events.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR events.sender_domain = parameters.sender_domain)
),
answered AS (
    SELECT kind, receiver, count(DISTINCT pair) AS answered
    FROM chosen
    GROUP BY kind, receiver
),
domains AS (
    SELECT
        kind, receiver, category, reason, sender_domain,
        row_number() OVER (
            PARTITION BY kind, receiver, category, reason
            ORDER BY count(DISTINCT pair) DESC, sender_domain
        ) AS place
    FROM chosen
    WHERE refused
    GROUP BY kind, receiver, category, reason, sender_domain
),
refused AS (
    SELECT
        kind, receiver, category, reason,
        count(DISTINCT pair) AS refused,
        count(DISTINCT message_key) AS messages,
        min(ts) AS first_seen,
        max(ts) AS last_seen,
        arg_max(rule, ts) AS rule,
        arg_max(reply, ts) AS reply
    FROM chosen
    WHERE refused
    GROUP BY kind, receiver, category, reason
)
SELECT
    r.kind,
    r.receiver,
    r.category,
    r.reason,
    r.refused,
    a.answered,
    CASE WHEN a.answered >= 20 THEN round(r.refused / a.answered, 4) END AS refused_share,
    r.messages,
    d.sender_domain,
    r.first_seen,
    r.last_seen,
    r.rule,
    r.reply,
    CASE
        WHEN r.kind = 'backscatter' AND r.category = 'recipient'
            THEN 'Refuse unknown recipients and spam in the SMTP dialogue, so that no such bounce is born.'
        WHEN r.kind = 'backscatter'
            THEN 'Send fewer bounces and autoreplies: refuse in the SMTP dialogue, answer nobody automatically.'
        WHEN r.category IN ('authentication', 'sender_identity')
            THEN 'Rewrite the sender (SRS) or seal the mail (ARC), or stop forwarding; your own DNS is not at fault.'
        WHEN r.category IN ('spam_content', 'ip_reputation', 'domain_reputation', 'rate_limit')
            THEN 'Filter spam before forwarding, or let the user fetch the mail: what you forward counts as yours.'
        ELSE coalesce(remedies.remedy, 'Read the reply; tell the user who forwards.')
    END AS remedy
FROM refused AS r
JOIN answered AS a ON r.kind = a.kind AND r.receiver = a.receiver
LEFT JOIN domains AS d
    ON r.kind = d.kind AND r.receiver = d.receiver AND d.place = 1
    AND coalesce(r.category, '') = coalesce(d.category, '') AND coalesce(r.reason, '') = coalesce(d.reason, '')
LEFT JOIN remedies ON r.rule = remedies.rule
ORDER BY r.refused DESC, r.kind, r.receiver, r.reason
LIMIT (SELECT parameters.top FROM parameters);
