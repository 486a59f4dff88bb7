-- title: What stood in the way
-- question: What do the logs say of mail to a provider to which nothing is delivered any more?
-- counts: messages x recipients
-- uses: events, gaps
-- `gaps` has one row per provider: since when nothing was delivered there.
-- column: receiver  The provider.
-- column: tried     Distinct messages and recipients of which the logs tell since then.
-- column: category  What most of the lines are about.
-- column: reason    The exact reason.
-- column: reply     The newest such reply.
-- column: remedy    What to do.
WITH lines AS (
    SELECT e.provider, e.message_key, e.recipient, e.category, e.reason, e.rule, e.reply, e.ts
    FROM events AS e
    JOIN gaps AS g ON e.provider = g.receiver
    WHERE e.ts > g.since AND e.direction = 'outbound' AND e.event IN ('attempt', 'deferred', 'bounced', 'suspended')
),
causes AS (
    SELECT
        provider, category, reason, arg_max(rule, ts) AS rule, arg_max(reply, ts) AS reply,
        row_number() OVER (PARTITION BY provider ORDER BY count(*) DESC, reason) AS place
    FROM lines
    GROUP BY provider, category, reason
)
SELECT
    l.provider AS receiver, count(DISTINCT l.message_key || ' ' || coalesce(l.recipient, '')) AS tried,
    max(c.category) AS category, max(c.reason) AS reason, max(c.reply) AS reply, max(r.remedy) AS remedy
FROM lines AS l
LEFT JOIN causes AS c ON l.provider = c.provider AND c.place = 1
LEFT JOIN remedies AS r ON c.rule = r.rule
GROUP BY l.provider;
