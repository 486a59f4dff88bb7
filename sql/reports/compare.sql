-- title: This period and the one before
-- question: What changed against the period of the same length before, by provider, domain, IP, sender and reason?
-- counts: messages x recipients (refused share; of a reason: its part in all answered)
-- rows: troubled
-- show: kind, name, refused/answered, refused_before/answered_before, change, trend
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: kind            `all`, `provider`, `domain` (of recipients), `ip` (ours), `sender` (domain) or `reason`.
-- column: name            Which one.
-- column: answered        Distinct messages and recipients that a receiver answered; for a reason, of all.
-- column: refused         Of them, refused at least once; for a reason, refused for it.
-- column: refused_share   Their share; empty below 20 answered.
-- column: answered_before The same in the period before.
-- column: refused_before  The same in the period before.
-- column: share_before    The same in the period before.
-- column: change          The share minus `share_before`: 0.05 is five percentage points more.
-- column: trend           `up` or `down`: the change is above three standard errors, so hardly chance; else `steady`.
-- column: errors          The change in standard errors of the difference of two shares.
-- In each kind the largest changes, in standard errors, come first. Recipients of one message are not independent of
-- each other: a large mailing can seem more certain than it is.
WITH chosen AS (
    SELECT figures.*, figures.ts >= parameters.since AS in_period
    FROM figures, parameters
    WHERE figures.ts >= parameters.since - (parameters.until - parameters.since)
        AND figures.ts < parameters.until
        AND (figures.pair IS NOT NULL OR figures.plain > 0)
        AND (parameters.provider IS NULL OR figures.provider = parameters.provider)
        AND (parameters.domain IS NULL OR figures.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR figures.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR figures.sender_domain = parameters.sender_domain)
),
whole AS (
    SELECT
        sum(plain) FILTER (WHERE in_period) + count(DISTINCT pair) FILTER (WHERE in_period) AS answered,
        sum(plain) FILTER (WHERE NOT in_period) + count(DISTINCT pair) FILTER (WHERE NOT in_period) AS answered_before
    FROM chosen
),
named AS (
    SELECT 'all' AS kind, 'all mail' AS name, in_period, plain, pair, refused FROM chosen
    UNION ALL
    SELECT 'provider' AS kind, coalesce(provider, 'other') AS name, in_period, plain, pair, refused FROM chosen
    UNION ALL
    SELECT 'domain' AS kind, recipient_domain AS name, in_period, plain, pair, refused FROM chosen
    WHERE recipient_domain IS NOT NULL
    UNION ALL
    SELECT 'ip' AS kind, local_ip AS name, in_period, plain, pair, refused FROM chosen
    WHERE local_ip IS NOT NULL AND local_ip_from <> 'reply'
    UNION ALL
    SELECT 'sender' AS kind, sender_domain AS name, in_period, plain, pair, refused FROM chosen
    WHERE sender_domain IS NOT NULL
    UNION ALL
    SELECT 'reason' AS kind, reason AS name, in_period, plain, pair, refused FROM chosen
    WHERE refused AND reason IS NOT NULL
),
totals AS (
    SELECT
        kind, name,
        sum(plain) FILTER (WHERE in_period) AS plain,
        count(DISTINCT pair) FILTER (WHERE in_period) AS pairs,
        count(DISTINCT pair) FILTER (WHERE in_period AND refused) AS refused,
        sum(plain) FILTER (WHERE NOT in_period) AS plain_before,
        count(DISTINCT pair) FILTER (WHERE NOT in_period) AS pairs_before,
        count(DISTINCT pair) FILTER (WHERE NOT in_period AND refused) AS refused_before
    FROM named
    GROUP BY kind, name
),
sides AS (
    SELECT
        totals.kind, totals.name, totals.refused, totals.refused_before,
        CAST(
            CASE
                WHEN totals.kind = 'reason' THEN coalesce(whole.answered, 0)
                ELSE coalesce(totals.plain, 0) + totals.pairs
            END AS BIGINT
        ) AS answered,
        CAST(
            CASE
                WHEN totals.kind = 'reason' THEN coalesce(whole.answered_before, 0)
                ELSE coalesce(totals.plain_before, 0) + totals.pairs_before
            END AS BIGINT
        ) AS answered_before
    FROM totals, whole
),
shares AS (
    SELECT
        *,
        CASE WHEN answered >= 20 THEN refused / answered END AS share,
        CASE WHEN answered_before >= 20 THEN refused_before / answered_before END AS share_before,
        (refused + refused_before) / nullif(answered + answered_before, 0) AS pooled,
        1 / nullif(answered, 0) + 1 / nullif(answered_before, 0) AS spread
    FROM sides
),
measured AS (
    SELECT
        *,
        share - share_before AS change,
        CASE
            WHEN share IS NULL OR share_before IS NULL THEN NULL
            WHEN pooled * (1 - pooled) * spread > 0 THEN (share - share_before) / sqrt(pooled * (1 - pooled) * spread)
            ELSE 0
        END AS errors
    FROM shares
),
ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY kind
            ORDER BY abs(coalesce(errors, 0)) DESC, answered + answered_before DESC, name
        ) AS place
    FROM measured
)
SELECT
    kind,
    name,
    answered,
    refused,
    round(share, 4) AS refused_share,
    answered_before,
    refused_before,
    round(share_before, 4) AS share_before,
    round(change, 4) AS change,
    CASE WHEN errors > 3 THEN 'up' WHEN errors < -3 THEN 'down' WHEN errors IS NOT NULL THEN 'steady' END AS trend,
    round(errors, 1) AS errors
FROM ranked
CROSS JOIN parameters
WHERE place <= parameters.top
ORDER BY
    CASE kind
        WHEN 'all' THEN 1 WHEN 'provider' THEN 2 WHEN 'domain' THEN 3 WHEN 'ip' THEN 4 WHEN 'sender' THEN 5 ELSE 6
    END,
    place;
