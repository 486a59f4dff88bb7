-- title: Refused mail per sender
-- question: Whose mail is refused: which sender domains, accounts, local users and scripts, and is it more than before?
-- counts: messages x recipients (refused and lost share); each of them stands once in each kind that is known of it
-- rows: troubled
-- show: kind, sender, refused/answered, spam_related/answered, lost/ended, change, trend, reason
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: kind            `domain` of the envelope sender, `account` (SASL), `user` (local) or `script` (its folder).
-- column: sender          The domain, account, user or folder.
-- column: answered        Distinct messages and recipients that a receiver answered.
-- column: refused         Of them, refused at least once.
-- column: refused_share   Refused share; empty below 20 answered.
-- column: spam_related    Of the answered, refused by a spam verdict or an anti-spam gate.
-- column: spam_share      Their share; empty below 20 answered.
-- column: ended           Messages and recipients whose fate a receiver's word decided then.
-- column: lost            Of them, bounced or expired.
-- column: lost_share      Lost share; empty below 20 ended.
-- column: share_before    Refused share in the period of the same length before; empty below 20 answered.
-- column: change          Refused share minus `share_before`: 0.05 is five percentage points more.
-- column: trend           `up` or `down`: the change is above three standard errors, so hardly chance; else `steady`.
-- column: reason          The reason for most of the refusals.
-- What to do: an account whose spam-related refusals went up may be stolen, a script abused: look at what it sent
-- (`bouncelake trace`), stop it, change its password. A sender domain may lack SPF, DKIM or DMARC: see
-- `authentication`.
WITH chosen AS (
    SELECT figures.*, figures.ts >= parameters.since AS in_period
    FROM figures, parameters
    WHERE figures.ts >= parameters.since - (parameters.until - parameters.since)
        AND figures.ts < parameters.until
        AND (parameters.provider IS NULL OR figures.provider = parameters.provider)
        AND (parameters.domain IS NULL OR figures.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR figures.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR figures.sender_domain = parameters.sender_domain)
),
named AS (
    SELECT 'domain' AS kind, sender_domain AS sender, in_period, plain, pair, refused, spam_related, reason, ended, lost
    FROM chosen
    WHERE sender_domain IS NOT NULL
    UNION ALL
    SELECT 'account' AS kind, sasl_user AS sender, in_period, plain, pair, refused, spam_related, reason, ended, lost
    FROM chosen
    WHERE sasl_user IS NOT NULL
    UNION ALL
    SELECT 'user' AS kind, local_user AS sender, in_period, plain, pair, refused, spam_related, reason, ended, lost
    FROM chosen
    WHERE local_user IS NOT NULL
    UNION ALL
    SELECT 'script' AS kind, script_dir AS sender, in_period, plain, pair, refused, spam_related, reason, ended, lost
    FROM chosen
    WHERE script_dir IS NOT NULL
),
totals AS (
    SELECT
        kind, sender, in_period,
        CAST(sum(plain) + count(DISTINCT pair) AS BIGINT) AS answered,
        count(DISTINCT pair) FILTER (WHERE refused) AS refused,
        count(DISTINCT pair) FILTER (WHERE spam_related) AS spam_related,
        CAST(sum(plain) + count(DISTINCT ended) AS BIGINT) AS ended,
        count(DISTINCT ended) FILTER (WHERE lost) AS lost
    FROM named
    GROUP BY kind, sender, in_period
),
reasons AS (
    SELECT
        kind, sender, reason,
        row_number() OVER (PARTITION BY kind, sender ORDER BY count(DISTINCT pair) DESC, reason) AS place
    FROM named
    WHERE in_period AND refused AND reason IS NOT NULL
    GROUP BY kind, sender, reason
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY kind ORDER BY spam_related DESC, refused DESC, answered DESC, sender) AS place
    FROM totals
    WHERE in_period
),
compared AS (
    SELECT
        ranked.*,
        reasons.reason,
        before.refused / before.answered AS share_before,
        CASE
            WHEN ranked.answered >= 20 THEN ranked.refused / ranked.answered - before.refused / before.answered
        END AS change,
        (ranked.refused + before.refused) / (ranked.answered + before.answered) AS pooled,
        1 / nullif(ranked.answered, 0) + 1 / before.answered AS spread
    FROM ranked
    CROSS JOIN parameters
    LEFT JOIN totals AS before
        ON ranked.kind = before.kind AND ranked.sender = before.sender AND NOT before.in_period
        AND before.answered >= 20
    LEFT JOIN reasons ON ranked.kind = reasons.kind AND ranked.sender = reasons.sender AND reasons.place = 1
    WHERE ranked.place <= parameters.top
)
SELECT
    kind,
    sender,
    answered,
    refused,
    CASE WHEN answered >= 20 THEN round(refused / answered, 4) END AS refused_share,
    spam_related,
    CASE WHEN answered >= 20 THEN round(spam_related / answered, 4) END AS spam_share,
    ended,
    lost,
    CASE WHEN ended >= 20 THEN round(lost / ended, 4) END AS lost_share,
    round(share_before, 4) AS share_before,
    round(change, 4) AS change,
    CASE
        WHEN change IS NULL THEN NULL
        WHEN abs(change) <= 3 * sqrt(pooled * (1 - pooled) * spread) THEN 'steady'
        WHEN change > 0 THEN 'up'
        ELSE 'down'
    END AS trend,
    reason
FROM compared
ORDER BY CASE kind WHEN 'account' THEN 1 WHEN 'domain' THEN 2 WHEN 'user' THEN 3 ELSE 4 END, place;
