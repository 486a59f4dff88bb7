-- title: Addresses to suppress
-- question: Which addresses do not exist, by evidence that is safe to act on?
-- counts: recipient addresses; `block` refusals never count, for they are no fault of the address
-- show: verdict, recipient, days, refusals, reason, first_seen, last_seen
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- column: verdict         `suppress`, or `withheld`: refused in a directory outage of its provider or domain.
-- column: recipient       The address.
-- column: recipient_domain  Its domain.
-- column: provider        Who runs its mailbox.
-- column: days            Distinct days with a hard refusal and no delivery since the first of them.
-- column: refusals        Hard refusals on these days.
-- column: outage_days     Of the days, days on which hard refusals of its provider or domain were far above the usual.
-- column: reason          Reason of the newest.
-- column: first_seen      First hard refusal that counts.
-- column: last_seen       Last.
-- column: rule            The rule of the newest.
-- column: reply           The newest of these replies.
-- An address is in the list after hard refusals (the mailbox is unknown, disabled, moved) on two different days of the
-- period with no delivery between or after. A day counts as an outage where at least 10 addresses of a provider or
-- domain were refused hard, in three times its usual share and above three standard errors. All rows are given: take
-- the list by `--since 90d --format csv`, and of it the rows whose verdict is `suppress`.
WITH hard AS (
    SELECT
        events.recipient, events.recipient_domain, events.provider, events.ts,
        CAST(events.ts AS DATE) AS day,
        events.reason, events.rule, events.reply
    FROM events, parameters
    WHERE events.bounce = 'hard'
        AND events.direction = 'outbound'
        AND events.event IN ('attempt', 'deferred', 'bounced')
        AND events.reply_by IN ('remote', 'vendor')
        AND events.recipient IS NOT NULL
        AND events.origin IS DISTINCT FROM 'null_sender'
        AND events.ts >= parameters.since
        AND events.ts < parameters.until
        AND (parameters.provider IS NULL OR events.provider = parameters.provider)
        AND (parameters.domain IS NULL OR events.recipient_domain = parameters.domain)
        AND (parameters.sender_domain IS NULL OR events.sender_domain = parameters.sender_domain)
),
arrived AS (
    SELECT events.recipient, max(events.ts) AS ts
    FROM events, parameters
    WHERE events.event = 'delivered'
        AND events.direction = 'outbound'
        AND events.ts >= parameters.since
        AND events.ts < parameters.until
        AND events.recipient IN (SELECT recipient FROM hard)
    GROUP BY events.recipient
),
groups AS (
    SELECT 'provider ' || provider AS who, day, count(DISTINCT recipient) AS hard
    FROM hard
    WHERE provider IS NOT NULL
    GROUP BY provider, day
    UNION ALL
    SELECT 'domain ' || recipient_domain AS who, day, count(DISTINCT recipient) AS hard
    FROM hard
    WHERE recipient_domain IS NOT NULL
    GROUP BY recipient_domain, day
),
suspects AS (
    SELECT DISTINCT who FROM groups WHERE hard >= 10
),
daily AS (
    SELECT
        CAST(events.ts AS DATE) AS day, events.provider, events.recipient_domain,
        count(*) AS mail
    FROM events, parameters
    WHERE events.event = 'delivered'
        AND events.direction = 'outbound'
        AND events.ts >= parameters.since
        AND events.ts < parameters.until
        AND EXISTS (SELECT who FROM suspects)
    GROUP BY CAST(events.ts AS DATE), events.provider, events.recipient_domain
),
volumes AS (
    SELECT 'provider ' || provider AS who, day, sum(mail) AS mail
    FROM daily
    WHERE provider IS NOT NULL
    GROUP BY provider, day
    UNION ALL
    SELECT 'domain ' || recipient_domain AS who, day, sum(mail) AS mail
    FROM daily
    WHERE recipient_domain IS NOT NULL
    GROUP BY recipient_domain, day
),
known AS (
    SELECT
        coalesce(groups.who, volumes.who) AS who,
        coalesce(groups.day, volumes.day) AS day,
        coalesce(groups.hard, 0) AS hard,
        coalesce(volumes.mail, 0) + coalesce(groups.hard, 0) AS mail
    FROM groups
    FULL JOIN volumes ON groups.who = volumes.who AND groups.day = volumes.day
),
shares AS (
    SELECT
        known.who, known.day, known.hard, known.mail,
        sum(known.hard) OVER (PARTITION BY known.who) - known.hard AS hard_else,
        sum(known.mail) OVER (PARTITION BY known.who) - known.mail AS mail_else
    FROM known
    JOIN suspects ON known.who = suspects.who
),
outages AS (
    SELECT who, day
    FROM shares
    WHERE hard >= 10
        AND hard / mail > 3 * hard_else / nullif(mail_else, 0)
        AND hard / mail - hard_else / mail_else > 3 * sqrt(
            (hard + hard_else) / (mail + mail_else) * (1 - (hard + hard_else) / (mail + mail_else))
            * (1 / mail + 1 / mail_else)
        )
),
evidence AS (
    SELECT
        hard.recipient, hard.recipient_domain, hard.provider, hard.day, hard.ts, hard.reason, hard.rule, hard.reply,
        p.who IS NOT NULL OR d.who IS NOT NULL AS outage
    FROM hard
    LEFT JOIN arrived ON hard.recipient = arrived.recipient
    LEFT JOIN outages AS p ON p.who = 'provider ' || hard.provider AND p.day = hard.day
    LEFT JOIN outages AS d ON d.who = 'domain ' || hard.recipient_domain AND d.day = hard.day
    WHERE arrived.ts IS NULL OR hard.ts > arrived.ts
),
told AS (
    SELECT
        recipient,
        arg_max(recipient_domain, ts) AS recipient_domain,
        arg_max(provider, ts) AS provider,
        count(DISTINCT day) AS days,
        count(*) AS refusals,
        count(DISTINCT day) FILTER (WHERE outage) AS outage_days,
        arg_max(reason, ts) AS reason,
        min(ts) AS first_seen,
        max(ts) AS last_seen,
        arg_max(rule, ts) AS rule,
        arg_max(reply, ts) AS reply
    FROM evidence
    GROUP BY recipient
)
SELECT
    CASE WHEN days - outage_days >= 2 THEN 'suppress' ELSE 'withheld' END AS verdict,
    recipient, recipient_domain, provider, days, refusals, outage_days, reason, first_seen, last_seen, rule, reply
FROM told
WHERE days >= 2
ORDER BY CASE WHEN days - outage_days >= 2 THEN 0 ELSE 1 END, recipient_domain, recipient;
