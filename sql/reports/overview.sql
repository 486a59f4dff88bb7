-- title: Who refuses our mail
-- question: Who refuses our mail, since when, why, and what ends it?
-- counts: messages x recipients
-- rows: troubled
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- One row for each provider and reason; the first ten columns tell of the provider and repeat in each of its rows. A
-- provider that refused nothing has one row without a reason. Providers that no rule knows are one: `other`.
-- column: provider        Who runs the receiving mailboxes; `other` where that is not known.
-- column: tried           Distinct messages and recipients of which the logs tell anything.
-- column: delivered       Of them, accepted by the receiving server: that is not yet the inbox.
-- column: waiting         Of them, still in our queue.
-- column: oldest          When the oldest waiting one came in.
-- column: lost            Of them, bounced or expired.
-- column: no_answer       Of them, waiting or lost without any word of a receiver: names, routes, connections.
-- column: answered        Distinct messages and recipients that a receiver answered.
-- column: refused         Of the answered, refused at least once.
-- column: refused_share   Refused share; empty below 20 answered.
-- column: verdict         Of the refused, called spam or of bad reputation.
-- column: gate            Of the refused, stopped at an anti-spam gate (SPF, DKIM, DMARC, PTR, TLS) and nothing worse.
-- column: others          Of the refused, all the rest.
-- column: share_before    Refused share in the period of the same length before; empty below 20 answered.
-- column: change          Refused share minus `share_before`: 0.05 is five percentage points more.
-- column: receiver        Who refuses for this reason: the provider, or the recipient's domain.
-- column: category        What these refusals are about.
-- column: reason          The exact reason.
-- column: spam_signal     `verdict`, `gate`, `none` or `undecided`.
-- column: severity        0 to 5; 5: mail of this IP or domain is being refused.
-- column: recipients      Distinct messages and recipients refused for this reason.
-- column: of_answered     Distinct messages and recipients that this receiver answered.
-- column: before          Distinct messages and recipients refused for it in the period before.
-- column: forwarded       How many of the recipients got forwarded mail.
-- column: absorbed        How many of the recipients got the mail after all.
-- column: first_seen      First such refusal in this period and the one before.
-- column: last_seen       Last such refusal.
-- column: blamed          The identity that the newest of these replies blames.
-- column: blamed_kind     What it is.
-- column: listed_by       The blocklist that the newest of these replies names.
-- column: sender_domain   The sender domain that most of the refused recipients were written to from.
-- column: rule            The rule that says so.
-- column: reply           The newest of these replies.
-- column: meaning         What it means.
-- column: remedy          What to do.
-- column: document        Where the provider explains it.
WITH chosen AS (
    SELECT
        answers.*,
        coalesce(answers.provider, 'other') AS who,
        coalesce(answers.provider, answers.recipient_domain, 'unknown') AS receiver,
        answers.ts >= parameters.since AS in_period
    FROM answers, parameters
    WHERE answers.ts >= parameters.since - (parameters.until - parameters.since)
        AND answers.ts < parameters.until
        AND (parameters.provider IS NULL OR answers.provider = parameters.provider)
        AND (parameters.domain IS NULL OR answers.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR answers.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR answers.sender_domain = parameters.sender_domain)
),
fates AS (
    SELECT
        coalesce(outcomes.provider, 'other') AS who,
        hash(outcomes.message_key, outcomes.recipient) AS pair,
        outcomes.event,
        outcomes.arrived,
        outcomes.event <> 'delivered' AND outcomes.reply_by IS DISTINCT FROM 'remote' AS unanswered
    FROM outcomes, parameters
    WHERE outcomes.ts >= parameters.since
        AND outcomes.ts < parameters.until
        AND outcomes.direction = 'outbound'
        AND outcomes.event IN ('delivered', 'deferred', 'suspended', 'bounced', 'expired')
        AND outcomes.origin IS DISTINCT FROM 'null_sender'
        AND (parameters.provider IS NULL OR outcomes.provider = parameters.provider)
        AND (parameters.domain IS NULL OR outcomes.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR outcomes.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR outcomes.sender_domain = parameters.sender_domain)
),
smooth AS (
    SELECT
        coalesce(plain.provider, 'other') AS who,
        coalesce(plain.provider, plain.recipient_domain, 'unknown') AS receiver,
        plain.ts >= parameters.since AS in_period,
        plain.plain
    FROM plain, parameters
    WHERE plain.ts >= parameters.since - (parameters.until - parameters.since)
        AND plain.ts < parameters.until
        AND (parameters.provider IS NULL OR plain.provider = parameters.provider)
        AND (parameters.domain IS NULL OR plain.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR plain.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR plain.sender_domain = parameters.sender_domain)
),
easy AS (
    SELECT
        who,
        CAST(coalesce(sum(plain) FILTER (WHERE in_period), 0) AS BIGINT) AS answered,
        CAST(coalesce(sum(plain) FILTER (WHERE NOT in_period), 0) AS BIGINT) AS answered_before
    FROM smooth
    GROUP BY who
),
fated AS (
    SELECT
        who,
        count(*) AS tried,
        count(*) FILTER (WHERE event = 'delivered') AS delivered,
        count(*) FILTER (WHERE event IN ('deferred', 'suspended')) AS waiting,
        min(arrived) FILTER (WHERE event IN ('deferred', 'suspended')) AS oldest,
        count(*) FILTER (WHERE event IN ('bounced', 'expired')) AS lost,
        count(*) FILTER (WHERE unanswered) AS no_answer
    FROM fates
    GROUP BY who
),
pairs AS (
    SELECT
        who, pair, in_period,
        max(CASE WHEN refused THEN 1 ELSE 0 END) AS refused,
        max(
            CASE
                WHEN refused AND spam_signal = 'verdict' THEN 2
                WHEN refused AND spam_signal = 'gate' THEN 1
                ELSE 0
            END
        ) AS signal
    FROM chosen
    WHERE pair IS NOT NULL
    GROUP BY who, pair, in_period
),
told AS (
    SELECT
        who,
        count(*) FILTER (WHERE in_period) AS answered,
        count(*) FILTER (WHERE in_period AND refused = 1) AS refused,
        count(*) FILTER (WHERE in_period AND signal = 2) AS verdict,
        count(*) FILTER (WHERE in_period AND signal = 1) AS gate,
        count(*) FILTER (WHERE NOT in_period) AS answered_before,
        count(*) FILTER (WHERE NOT in_period AND refused = 1) AS refused_before
    FROM pairs
    GROUP BY who
),
receivers AS (
    SELECT receiver, CAST(sum(number) AS BIGINT) AS of_answered
    FROM (
        SELECT receiver, count(DISTINCT pair) AS number
        FROM chosen
        WHERE in_period
        GROUP BY receiver
        UNION ALL
        SELECT receiver, plain AS number
        FROM smooth
        WHERE in_period
    ) AS counts
    GROUP BY receiver
),
delivered AS (
    SELECT DISTINCT pair
    FROM fates
    WHERE event = 'delivered'
),
senders AS (
    SELECT
        receiver, category, reason, sender_domain,
        row_number() OVER (
            PARTITION BY receiver, category, reason
            ORDER BY count(DISTINCT pair) DESC, sender_domain
        ) AS place
    FROM chosen
    WHERE refused AND in_period AND sender_domain IS NOT NULL
    GROUP BY receiver, category, reason, sender_domain
),
reasons AS (
    SELECT
        chosen.who, chosen.receiver, chosen.category, chosen.reason,
        arg_max(chosen.spam_signal, chosen.ts) AS spam_signal,
        max(chosen.severity) AS severity,
        count(DISTINCT chosen.pair) FILTER (WHERE chosen.in_period) AS recipients,
        count(DISTINCT chosen.pair) FILTER (WHERE NOT chosen.in_period) AS before,
        count(DISTINCT chosen.pair) FILTER (WHERE chosen.in_period AND chosen.origin = 'forwarded') AS forwarded,
        count(DISTINCT delivered.pair) FILTER (WHERE chosen.in_period) AS absorbed,
        count(*) FILTER (WHERE chosen.in_period) AS answers,
        min(chosen.ts) AS first_seen,
        max(chosen.ts) AS last_seen,
        arg_max(chosen.blamed, chosen.ts) AS blamed,
        arg_max(chosen.blamed_kind, chosen.ts) AS blamed_kind,
        arg_max(chosen.listed_by, chosen.ts) AS listed_by,
        arg_max(chosen.rule, chosen.ts) AS rule,
        arg_max(chosen.reply, chosen.ts) AS reply
    FROM chosen
    LEFT JOIN delivered ON chosen.pair = delivered.pair
    WHERE chosen.refused
    GROUP BY chosen.who, chosen.receiver, chosen.category, chosen.reason
),
providers AS (
    SELECT who FROM fated
    UNION
    SELECT who FROM told WHERE answered > 0
    UNION
    SELECT who FROM easy WHERE answered > 0
),
sums AS (
    SELECT
        p.who,
        coalesce(f.tried, 0) + coalesce(e.answered, 0) AS tried,
        coalesce(f.delivered, 0) + coalesce(e.answered, 0) AS delivered,
        coalesce(t.answered, 0) + coalesce(e.answered, 0) AS answered,
        coalesce(t.answered_before, 0) + coalesce(e.answered_before, 0) AS answered_before,
        coalesce(t.refused, 0) AS refused,
        coalesce(t.refused_before, 0) AS refused_before,
        coalesce(t.verdict, 0) AS verdict,
        coalesce(t.gate, 0) AS gate,
        coalesce(f.waiting, 0) AS waiting,
        f.oldest,
        coalesce(f.lost, 0) AS lost,
        coalesce(f.no_answer, 0) AS no_answer
    FROM providers AS p
    LEFT JOIN fated AS f ON p.who = f.who
    LEFT JOIN told AS t ON p.who = t.who
    LEFT JOIN easy AS e ON p.who = e.who
)
SELECT
    p.who AS provider, p.tried, p.delivered, p.waiting, p.oldest, p.lost, p.no_answer, p.answered, p.refused,
    CASE WHEN p.answered >= 20 THEN round(p.refused / p.answered, 4) END AS refused_share,
    p.verdict,
    p.gate,
    p.refused - p.verdict - p.gate AS others,
    CASE WHEN p.answered_before >= 20 THEN round(p.refused_before / p.answered_before, 4) END AS share_before,
    CASE
        WHEN p.answered >= 20 AND p.answered_before >= 20
            THEN round(p.refused / p.answered - p.refused_before / p.answered_before, 4)
    END AS change,
    r.receiver, r.category, r.reason, r.spam_signal, r.severity, r.recipients, receivers.of_answered, r.before,
    r.forwarded, r.absorbed, r.first_seen, r.last_seen, r.blamed, r.blamed_kind, r.listed_by, senders.sender_domain,
    r.rule, r.reply, remedies.meaning, remedies.remedy, remedies.document
FROM sums AS p
LEFT JOIN reasons AS r ON p.who = r.who AND r.answers > 0
LEFT JOIN receivers ON r.receiver = receivers.receiver
LEFT JOIN senders
    ON r.receiver = senders.receiver
    AND coalesce(r.category, '') = coalesce(senders.category, '')
    AND coalesce(r.reason, '') = coalesce(senders.reason, '')
    AND senders.place = 1
LEFT JOIN remedies ON r.rule = remedies.rule
ORDER BY
    coalesce(r.severity, 1) * coalesce(r.recipients, 0) DESC,
    coalesce(r.recipients, 0) DESC,
    p.tried DESC,
    p.who, r.receiver, r.reason;
