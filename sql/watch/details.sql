-- title: What a finding is about
-- question: How much of the traffic does each finding touch, and what did the newest reply say?
-- counts: messages x recipients
-- uses: told, chosen, remedies
-- `chosen` has one row per finding and reason: `id`, the dimensions it is about (null: all), `reason`, `stage`.
-- column: id           Number of the finding.
-- column: refused      Refused for these reasons in the window.
-- column: replies      Refusing replies.
-- column: receivers    How many receivers refused.
-- column: provider     The provider that refused; null where no rule knows it.
-- column: most         The receiver that refused most recipients.
-- column: most_domain  The recipient domain most refused, and how often.
-- column: most_ip      The own IP most refused.
-- column: most_sender  The sender domain most refused.
-- column: on_domain    Recipients refused at `most_domain`.
-- column: on_ip        Recipients refused from `most_ip`.
-- column: on_sender    Recipients refused from `most_sender`.
-- column: forwarded    Refused recipients of forwarded mail.
-- column: first_ts     First refusal in the window.
-- column: last_ts      Last refusal in the window.
-- column: severity     Largest severity.
-- column: temporary    Share of the refusals that are 4xx.
-- column: category     What the newest refusal is about.
-- column: stage        Where in the dialogue it came.
-- column: spam_signal  Its signal.
-- column: listed_by    The blocklist it names.
-- column: blamed       The identity it blames.
-- column: blamed_kind  What that is.
-- column: named_ip     Our IP as the replies name it.
-- column: rule         The rule that knows it.
-- column: reply        The newest reply.
-- column: meaning      What it means.
-- column: remedy       What to do.
-- column: document     Where the provider explains it.
WITH matching AS (
    SELECT t.*, c.id
    FROM told AS t
    JOIN chosen AS c ON t.reason = c.reason
    WHERE t.slot = 0 AND t.inside AND t.refused AND t.pair IS NOT NULL
        AND (c.receiver IS NULL OR t.receiver = c.receiver)
        AND (c.domain IS NULL OR t.domain = c.domain)
        AND (c.ip IS NULL OR t.ip = c.ip)
        AND (c.sender IS NULL OR t.sender = c.sender)
        AND (c.stage IS NULL OR t.stage = c.stage)
),
counted AS (
    SELECT id, 'receiver' AS what, receiver AS value, count(DISTINCT pair) AS pairs FROM matching GROUP BY id, receiver
    UNION ALL
    SELECT id, 'domain', domain, count(DISTINCT pair) FROM matching WHERE domain IS NOT NULL GROUP BY id, domain
    UNION ALL
    SELECT id, 'ip', ip, count(DISTINCT pair) FROM matching WHERE ip IS NOT NULL GROUP BY id, ip
    UNION ALL
    SELECT id, 'sender', sender, count(DISTINCT pair) FROM matching WHERE sender IS NOT NULL GROUP BY id, sender
),
ordered AS (
    SELECT id, what, value, pairs, row_number() OVER (PARTITION BY id, what ORDER BY pairs DESC, value) AS place
    FROM counted
),
most AS (
    SELECT
        id,
        max(value) FILTER (WHERE what = 'receiver') AS most,
        max(value) FILTER (WHERE what = 'domain') AS most_domain,
        max(value) FILTER (WHERE what = 'ip') AS most_ip,
        max(value) FILTER (WHERE what = 'sender') AS most_sender,
        max(pairs) FILTER (WHERE what = 'domain') AS on_domain,
        max(pairs) FILTER (WHERE what = 'ip') AS on_ip,
        max(pairs) FILTER (WHERE what = 'sender') AS on_sender
    FROM ordered
    WHERE place = 1
    GROUP BY id
),
newest AS (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY severity DESC NULLS LAST, ts DESC, reply) AS place
    FROM matching
),
sums AS (
    SELECT
        id,
        count(DISTINCT pair) AS refused,
        count(DISTINCT attempt) AS replies,
        count(DISTINCT receiver) AS receivers,
        max(provider) AS provider,
        count(DISTINCT pair) FILTER (WHERE forwarded) AS forwarded,
        min(ts) AS first_ts,
        max(ts) AS last_ts,
        max(severity) AS severity,
        avg(CASE WHEN temporary THEN 1.0 ELSE 0.0 END) AS temporary,
        max(named_ip) AS named_ip
    FROM matching
    GROUP BY id
)
SELECT
    s.id, s.refused, s.replies, s.receivers, s.provider, m.most, m.most_domain, m.most_ip, m.most_sender, m.on_domain,
    m.on_ip, m.on_sender, s.forwarded, s.first_ts, s.last_ts, s.severity, s.temporary, n.category, n.stage, n.spam_signal,
    n.listed_by, n.blamed, n.blamed_kind, s.named_ip, n.rule, n.reply, r.meaning, r.remedy, r.document
FROM sums AS s
JOIN most AS m ON s.id = m.id
JOIN newest AS n ON s.id = n.id AND n.place = 1
LEFT JOIN remedies AS r ON n.rule = r.rule
ORDER BY s.id;
