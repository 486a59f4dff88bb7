-- title: Blocklists that name us
-- question: Which blocklists do receivers hold against us, what is listed, since when, and how is it ended?
-- counts: messages x recipients refused by a reply that names the list
-- rows: refused
-- show: list, listed, receivers, recipients, first_seen, last_seen, reply
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: provider VARCHAR = NULL  Only this provider, such as `google`.
-- param: domain VARCHAR = NULL  Only this recipient domain.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: sender_domain VARCHAR = NULL  Only mail of this sender domain.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: list            The list or its vendor.
-- column: listed          What is listed: IP, network, domain, link; our sending IP where the reply names none.
-- column: listed_kind     `ip`, `netblock`, `domain`, `url` or `helo`.
-- column: receivers       Who refuses for it: providers, or recipient domains; the five with most recipients.
-- column: recipients      Distinct messages and recipients refused for it.
-- column: attempts        Distinct replies.
-- column: before          Distinct messages and recipients in the period of the same length before.
-- column: first_seen      First such refusal in this period and the one before: listed since then or earlier.
-- column: last_seen       Last such refusal.
-- column: spam_signal     `verdict` (an accusation), `gate` (end-user space), or `undecided` (a dead or broken list).
-- column: severity        0 to 5.
-- column: rule            The rule that says so.
-- column: reply           The newest of these replies; it often holds the address of the removal page.
-- column: meaning         What it means.
-- column: remedy          What to do.
-- column: document        Where the list explains it.
-- A listing ends for us when refusals end: no list is asked. Find and stop the cause before asking for removal.
WITH chosen AS (
    SELECT
        answers.*,
        coalesce(answers.blamed, answers.local_ip, 'unknown') AS listed,
        coalesce(answers.provider, answers.recipient_domain, 'unknown') AS receiver,
        answers.ts >= parameters.since AS in_period
    FROM answers, parameters
    WHERE answers.refused
        AND answers.listed_by IS NOT NULL
        AND answers.ts >= parameters.since - (parameters.until - parameters.since)
        AND answers.ts < parameters.until
        AND (parameters.provider IS NULL OR answers.provider = parameters.provider)
        AND (parameters.domain IS NULL OR answers.recipient_domain = parameters.domain)
        AND (parameters.ip IS NULL OR answers.local_ip = parameters.ip)
        AND (parameters.sender_domain IS NULL OR answers.sender_domain = parameters.sender_domain)
),
receivers AS (
    SELECT
        listed_by, listed, receiver,
        row_number() OVER (PARTITION BY listed_by, listed ORDER BY count(DISTINCT pair) DESC, receiver) AS place
    FROM chosen
    WHERE in_period
    GROUP BY listed_by, listed, receiver
),
named AS (
    SELECT listed_by, listed, string_agg(receiver, ', ' ORDER BY place) AS receivers
    FROM receivers
    WHERE place <= 5
    GROUP BY listed_by, listed
),
told AS (
    SELECT
        listed_by, listed,
        arg_max(blamed_kind, ts) AS blamed_kind,
        count(DISTINCT pair) FILTER (WHERE in_period) AS recipients,
        count(DISTINCT attempt_key) FILTER (WHERE in_period) AS attempts,
        count(DISTINCT pair) FILTER (WHERE NOT in_period) AS before,
        min(ts) AS first_seen,
        max(ts) AS last_seen,
        arg_max(spam_signal, ts) AS spam_signal,
        max(severity) AS severity,
        arg_max(rule, ts) AS rule,
        arg_max(reply, ts) AS reply
    FROM chosen
    GROUP BY listed_by, listed
)
SELECT
    told.listed_by AS list,
    told.listed,
    coalesce(told.blamed_kind, CASE WHEN told.listed <> 'unknown' THEN 'ip' END) AS listed_kind,
    named.receivers,
    told.recipients,
    told.attempts,
    told.before,
    told.first_seen,
    told.last_seen,
    told.spam_signal,
    told.severity,
    told.rule,
    told.reply,
    remedies.meaning,
    remedies.remedy,
    remedies.document
FROM told
JOIN named ON told.listed_by = named.listed_by AND told.listed = named.listed
LEFT JOIN remedies ON told.rule = remedies.rule
ORDER BY told.recipients DESC, told.attempts DESC, told.listed_by, told.listed
LIMIT (SELECT parameters.top FROM parameters);
