-- title: What receivers told us, by age
-- question: What did receivers answer for each message and recipient, and how long before the end of its host's lines?
-- counts: answers: one row per reply and recipient, as in the view `answers`
-- uses: events, refusals, windows, bounds
-- `windows` holds for each host the instant at which its window ends; `bounds` the length of the window and of the
-- period after which the same hours come again, in seconds. Slot 0 is the window, slot 1 the same hours one period
-- before. An own IP that only a refusal names has no denominator, so it stands apart in `named_ip`.
-- column: slot         Periods before the window: 0 is the window.
-- column: inside       True in the hours of the window, of whatever period.
-- column: age          Seconds before the end of the host's lines.
-- column: ts           When the receiver answered.
-- column: host         Log host.
-- column: refused      True for a 4xx or 5xx answer.
-- column: pair         Message and recipient, hashed; null where no recipient is known.
-- column: attempt      Reply, hashed.
-- column: receiver     The provider, or the recipient's domain where no provider is known.
-- column: provider     Who runs the receiving mailboxes.
-- column: domain       Recipient's domain, where a provider is known too.
-- column: ip           Our sending IP.
-- column: named_ip     Our sending IP as the reply names it.
-- column: sender       Sender's domain.
-- column: reason       The exact reason of a refusal.
-- column: category     What it is about.
-- column: stage        Where in the dialogue.
-- column: severity     0 to 5.
-- column: spam_signal  `verdict`, `gate`, `none` or `undecided`.
-- column: temporary    True for 4xx.
-- column: rule         The rule that gave the tags.
-- column: listed_by    The blocklist that the reply names.
-- column: blamed       The identity that the reply blames.
-- column: blamed_kind  What it is.
-- column: forwarded    True for forwarded mail.
-- column: reply        The refusing reply.
WITH chosen AS (
    SELECT
        ts, coalesce(host, system, 'unknown') AS host, FALSE AS refused, message_key, attempt_key, recipient,
        recipient_domain, provider, local_ip, local_ip_from, sender_domain, origin, NULL AS reason, NULL AS category,
        NULL AS stage, NULL AS severity, NULL AS spam_signal, FALSE AS temporary, NULL AS rule, NULL AS listed_by,
        NULL AS blamed, NULL AS blamed_kind, NULL AS reply
    FROM events
    WHERE direction = 'outbound' AND event = 'delivered' AND origin IS DISTINCT FROM 'null_sender'
    UNION ALL
    SELECT
        ts, coalesce(host, system, 'unknown') AS host, TRUE AS refused, message_key, attempt_key, recipient,
        recipient_domain, provider, local_ip, local_ip_from, sender_domain, origin,
        coalesce(reason, 'unknown') AS reason, coalesce(category, 'unclassified') AS category, stage, severity,
        spam_signal, coalesce(reply_code < 500, substr(reply_enhanced, 1, 1) = '4', FALSE) AS temporary, rule,
        listed_by, blamed, blamed_kind, reply
    FROM refusals
    WHERE (category IS DISTINCT FROM 'greylist' OR (SELECT greylisting FROM bounds))
        AND asynchronous IS DISTINCT FROM TRUE
        AND origin IS DISTINCT FROM 'null_sender'
),
recipients AS (
    SELECT DISTINCT message_key, provider, recipient, recipient_domain
    FROM events
    WHERE direction = 'outbound' AND recipient IS NOT NULL AND event IN ('delivered', 'deferred', 'bounced')
        AND message_key IN (SELECT message_key FROM chosen WHERE refused AND recipient IS NULL)
),
named AS (
    SELECT * FROM chosen WHERE recipient IS NOT NULL
    UNION ALL
    SELECT c.* REPLACE (r.recipient AS recipient, r.recipient_domain AS recipient_domain)
    FROM chosen AS c
    LEFT JOIN recipients AS r
        ON c.message_key = r.message_key AND coalesce(c.provider, '') = coalesce(r.provider, '')
    WHERE c.recipient IS NULL
),
aged AS (
    SELECT n.*, (epoch_us(w.until) - epoch_us(n.ts)) // 1000000 AS age
    FROM named AS n
    JOIN windows AS w ON n.host = w.host
    WHERE n.ts < w.until
)
SELECT
    CAST(a.age // b.period AS INTEGER) AS slot,
    a.age % b.period < b.length AS inside,
    a.age,
    a.ts,
    a.host,
    a.refused,
    CASE WHEN a.message_key IS NOT NULL AND a.recipient IS NOT NULL THEN hash(a.message_key, a.recipient) END AS pair,
    hash(coalesce(a.attempt_key, '')) AS attempt,
    coalesce(a.provider, a.recipient_domain, 'unknown') AS receiver,
    a.provider,
    CASE WHEN a.provider IS NOT NULL THEN a.recipient_domain END AS domain,
    CASE WHEN a.local_ip_from IS DISTINCT FROM 'reply' THEN a.local_ip END AS ip,
    CASE WHEN a.local_ip_from = 'reply' THEN a.local_ip END AS named_ip,
    a.sender_domain AS sender,
    a.reason,
    a.category,
    a.stage,
    CAST(a.severity AS TINYINT) AS severity,
    a.spam_signal,
    a.temporary,
    a.rule,
    a.listed_by,
    a.blamed,
    a.blamed_kind,
    a.origin IS NOT DISTINCT FROM 'forwarded' AS forwarded,
    a.reply
FROM aged AS a, bounds AS b
WHERE a.age // b.period <= b.slots;
