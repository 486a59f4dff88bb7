-- title: Whose mail is refused
-- question: At each provider, whose mail is refused: which domains, accounts and sending IPs?
-- counts: messages x recipients
-- rows: troubled
-- show: provider, kind, identity, refused/answered, spam_related/answered
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: provider        Who runs the receiving mailboxes; `other` where that is not known.
-- column: kind            `recipient_domain`, `sender_domain`, `account` or `ip`, as far as the log tells them.
-- column: identity        The domain, IP, or account: SASL, else the script's folder, else the local user.
-- column: answered        Distinct messages and recipients of it that the provider answered.
-- column: refused         Of them, refused at least once.
-- column: refused_share   Refused share; empty below 20 answered.
-- column: spam_related    Of the answered, refused by a spam verdict or an anti-spam gate.
-- column: spam_share      Their share; empty below 20 answered.
-- Of each provider and kind the `top` that were refused most. An IP that is known only from refusals is left out: it
-- has no denominator.
WITH chosen AS (
    SELECT
        coalesce(figures.provider, 'other') AS provider,
        figures.recipient_domain, figures.sender_domain,
        coalesce(figures.sasl_user, figures.script_dir, figures.local_user) AS account,
        CASE WHEN figures.local_ip_from IS DISTINCT FROM 'reply' THEN figures.local_ip END AS ip,
        figures.plain, figures.pair, figures.refused, figures.spam_related
    FROM figures, parameters
    WHERE figures.ts >= parameters.since
        AND figures.ts < parameters.until
        AND (parameters.provider IS NULL OR figures.provider = parameters.provider)
        AND (parameters.domain IS NULL OR figures.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR figures.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR figures.sender_domain = parameters.sender_domain)
),
named AS (
    SELECT
        provider, 'recipient_domain' AS kind, recipient_domain AS identity, plain, pair, refused, spam_related
    FROM chosen
    UNION ALL
    SELECT provider, 'sender_domain' AS kind, sender_domain AS identity, plain, pair, refused, spam_related FROM chosen
    UNION ALL
    SELECT provider, 'account' AS kind, account AS identity, plain, pair, refused, spam_related FROM chosen
    UNION ALL
    SELECT provider, 'ip' AS kind, ip AS identity, plain, pair, refused, spam_related FROM chosen
),
counted AS (
    SELECT
        provider,
        kind,
        identity,
        CAST(sum(plain) + count(DISTINCT pair) AS BIGINT) AS answered,
        count(DISTINCT pair) FILTER (WHERE refused) AS refused,
        count(DISTINCT pair) FILTER (WHERE spam_related) AS spam_related
    FROM named
    WHERE identity IS NOT NULL
    GROUP BY provider, kind, identity
    HAVING sum(plain) + count(DISTINCT pair) > 0
),
ranked AS (
    SELECT
        counted.*,
        row_number() OVER (
            PARTITION BY counted.provider, counted.kind
            ORDER BY counted.refused DESC, counted.answered DESC, counted.identity
        ) AS place,
        sum(counted.refused) OVER (PARTITION BY counted.provider, counted.kind) AS weight
    FROM counted
)
SELECT
    ranked.provider,
    ranked.kind,
    ranked.identity,
    ranked.answered,
    ranked.refused,
    CASE WHEN ranked.answered >= 20 THEN round(ranked.refused / ranked.answered, 4) END AS refused_share,
    ranked.spam_related,
    CASE WHEN ranked.answered >= 20 THEN round(ranked.spam_related / ranked.answered, 4) END AS spam_share
FROM ranked
CROSS JOIN parameters
WHERE ranked.place <= parameters.top
ORDER BY ranked.weight DESC, ranked.provider, ranked.kind, ranked.place;
