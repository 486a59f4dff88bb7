-- title: Outcomes
-- question: What became of each message for each recipient?
-- counts: one row per message and recipient
-- uses: events
-- The row is the last state that the logs tell. Where that line gives no cause (the queue gave up, an attempt was put
-- off without a try), the last refusal of the same message and recipient is the cause: `inherited` is true then.
-- column: message_key  The message.
-- column: recipient  The recipient; null where a message expired of which no recipient is known.
-- column: recipient_domain  Recipient's domain.
-- column: event  Last state: `delivered`, `accepted`, `deferred`, `suspended`, `bounced`, `expired`, `suppressed`.
-- column: final  True when nothing more is tried.
-- column: arrived  When the message came into the queue, as far as is known.
-- column: first_ts  First line about this message and recipient.
-- column: ts  Last line about this message and recipient.
-- column: tries  How many lines tell of a try.
-- column: direction  `outbound` or `local`.
-- column: system  What wrote the log.
-- column: host  Log host.
-- column: instance  Instance of the mail system.
-- column: queue_id  Queue id as logged.
-- column: message_id  Message-ID header.
-- column: sender  Envelope sender.
-- column: sender_domain  Sender's domain.
-- column: origin  How the mail came to us.
-- column: sasl_user  Account that submitted the mail.
-- column: local_user  Local user that submitted the mail.
-- column: script_dir  Working directory of the sending script.
-- column: client_ip  IP that handed the mail to us.
-- column: provider  Who runs the receiving mailboxes.
-- column: remote_host  Receiving server of the last line, or of the cause.
-- column: remote_ip  Its IP.
-- column: local_ip  Our sending IP.
-- column: local_ip_from  How our IP is known.
-- column: delay  Seconds from arrival to the last line.
-- column: size  Bytes.
-- column: inherited  True when the cause comes from an earlier line.
-- column: reply_by  Who wrote the reply that is the cause.
-- column: reply_code  SMTP code of the cause.
-- column: reply_enhanced  Enhanced status code of the cause.
-- column: reply  Reply of the cause, or the last reply.
-- column: template  Its template.
-- column: stage  Where in the dialogue.
-- column: category  What the cause is about; null for delivered mail.
-- column: reason  The exact reason.
-- column: spam_signal  `verdict`, `gate`, `none` or `undecided`.
-- column: spam_related  True for a verdict or a gate.
-- column: bounce  `soft`, `hard`, `block`, `undetermined`; final with an inherited anti-spam cause: `block`.
-- column: owner  Who can end it.
-- column: severity  0 to 5.
-- column: rule  The rule that gave the tags.
-- column: listed_by  The blocklist that the reply names.
-- column: blamed  The identity that the reply blames.
-- column: blamed_kind  What `blamed` is.
CREATE OR REPLACE VIEW outcomes AS
WITH told AS (
    SELECT
        *,
        hash(message_key, recipient) AS pair,
        -- One number in the order of time, final word, place in the log: the later line is the larger.
        (
            (CAST(epoch_us(ts) AS HUGEINT) * 2 + CASE WHEN final THEN 1 ELSE 0 END) * 1099511627776
            + coalesce(source_offset, 0)
        ) * 1048576 + coalesce(hash(event_id) % 1048576, 0) AS place
    FROM events
    WHERE event IN ('accepted', 'delivered', 'deferred', 'suspended', 'bounced', 'expired', 'suppressed')
        AND direction IS DISTINCT FROM 'inbound'
        AND message_key IS NOT NULL
),
pairs AS (
    SELECT
        pair,
        max(place) AS place,
        -- An echo of an older reply is a cause only where nothing else is; no time reaches the number added.
        max(CASE WHEN event = 'suspended' THEN place ELSE place + CAST('4e34' AS HUGEINT) END) FILTER (
            WHERE category IS NOT NULL AND recipient IS NOT NULL
        ) AS cause,
        min(ts) AS first_ts,
        sum(CASE WHEN event IN ('delivered', 'accepted', 'deferred', 'bounced') THEN 1 ELSE 0 END) AS tries,
        max(CASE WHEN final AND event <> 'expired' THEN 1 ELSE 0 END) AS closed
    FROM told
    GROUP BY pair
),
gone AS (
    SELECT message_key, max(ts) AS ts
    FROM told
    WHERE event = 'expired' AND recipient IS NULL
    GROUP BY message_key
),
causes AS (
    SELECT told.*
    FROM told
    JOIN pairs
        ON told.pair = pairs.pair
        AND told.place = CASE
            WHEN pairs.cause > CAST('4e34' AS HUGEINT) THEN pairs.cause - CAST('4e34' AS HUGEINT)
            ELSE pairs.cause
        END
),
newest AS (
    SELECT
        l.*,
        p.first_ts, p.tries, p.cause,
        g.ts AS gone_ts,
        CASE WHEN g.ts IS NOT NULL AND (l.recipient IS NULL OR p.closed = 0) THEN 'expired' ELSE l.event END AS state
    FROM told AS l
    JOIN pairs AS p ON l.pair = p.pair AND l.place = p.place
    LEFT JOIN gone AS g ON l.message_key = g.message_key
    WHERE l.recipient IS NOT NULL
        OR l.message_key NOT IN (SELECT message_key FROM told WHERE recipient IS NOT NULL)
),
joined AS (
    SELECT
        l.message_key, l.recipient, l.recipient_domain, l.state AS event, l.pair,
        CASE WHEN l.state = 'expired' THEN TRUE ELSE l.final END AS final,
        l.ts - to_seconds(coalesce(l.delay, 0)) AS entered,
        coalesce(l.first_ts, l.ts) AS first_ts,
        CASE WHEN l.state = 'expired' THEN coalesce(l.gone_ts, l.ts) ELSE l.ts END AS ts,
        coalesce(l.tries, 0) AS tries,
        l.direction, l.system, l.host, l.instance, l.queue_id, l.message_id, l.sender, l.sender_domain, l.origin,
        l.sasl_user, l.local_user, l.script_dir, l.client_ip, l.delay, l.size,
        l.state NOT IN ('delivered', 'accepted') AND c.pair IS NOT NULL AS caused,
        l.state NOT IN ('delivered', 'accepted') AND c.pair IS NOT NULL
            AND (c.place <> l.place OR l.state <> l.event) AS inherited,
        coalesce(l.provider, c.provider) AS provider,
        coalesce(l.remote_host, c.remote_host) AS remote_host,
        coalesce(l.remote_ip, c.remote_ip) AS remote_ip,
        coalesce(l.local_ip, c.local_ip) AS local_ip,
        coalesce(l.local_ip_from, c.local_ip_from) AS local_ip_from,
        l.reply AS last_reply, l.reply_by AS last_reply_by, l.reply_code AS last_reply_code,
        l.reply_enhanced AS last_reply_enhanced, l.template AS last_template, l.stage AS last_stage,
        c.reply_by, c.reply_code, c.reply_enhanced, c.reply, c.template, c.stage, c.category, c.reason, c.spam_signal,
        c.spam_related, c.bounce, c.owner, c.severity, c.rule, c.listed_by, c.blamed, c.blamed_kind
    FROM newest AS l
    LEFT JOIN causes AS c ON l.pair = c.pair
)
SELECT
    message_key, recipient, recipient_domain, event, final, least(entered, first_ts) AS arrived, first_ts, ts, tries,
    direction, system, host, instance, queue_id, message_id, sender, sender_domain, origin, sasl_user,
    local_user, script_dir, client_ip,
    provider, remote_host, remote_ip, local_ip, local_ip_from, delay, size, inherited,
    CASE WHEN caused THEN reply_by ELSE last_reply_by END AS reply_by,
    CASE WHEN caused THEN reply_code ELSE last_reply_code END AS reply_code,
    CASE WHEN caused THEN reply_enhanced ELSE last_reply_enhanced END AS reply_enhanced,
    CASE WHEN caused THEN reply ELSE last_reply END AS reply,
    CASE WHEN caused THEN template ELSE last_template END AS template,
    CASE WHEN caused THEN stage ELSE last_stage END AS stage,
    CASE WHEN caused THEN category END AS category,
    CASE WHEN caused THEN reason END AS reason,
    CASE WHEN caused THEN spam_signal END AS spam_signal,
    CASE WHEN caused THEN spam_related END AS spam_related,
    CASE
        WHEN caused AND final AND inherited AND category IN (
            'spam_content', 'ip_reputation', 'domain_reputation', 'authentication', 'sender_identity', 'rate_limit',
            'greylist', 'policy'
        ) THEN 'block'
        WHEN caused THEN bounce
    END AS bounce,
    CASE WHEN caused THEN owner END AS owner,
    CASE WHEN caused THEN severity END AS severity,
    CASE WHEN caused THEN rule END AS rule,
    CASE WHEN caused THEN listed_by END AS listed_by,
    CASE WHEN caused THEN blamed END AS blamed,
    CASE WHEN caused THEN blamed_kind END AS blamed_kind
FROM joined;
