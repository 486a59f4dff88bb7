-- title: Mail that we refused
-- question: Whom does our own server refuse, why, and are our own submitters among them?
-- counts: rejections: one row of the log each; none of them enters a figure about mail that we send
-- show: who, client_ip, sasl_user, rejections, part, last_seen, template
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- param: ip VARCHAR = NULL  Only this sending IP of ours.
-- param: top INTEGER = 20  At most so many domains, IPs, reasons, templates or clients.
-- column: who             `submitter`: an account or client of our own; `stranger`: everybody else.
-- column: client_ip       IP that was refused.
-- column: client_host     Its name as logged.
-- column: sasl_user       The account, where one was used.
-- column: reason          Why, in our words.
-- column: rule            The rule that says so.
-- column: template        Our reply with its volatile parts replaced.
-- column: rejections      Rejections.
-- column: part            Part of all rejections of the period.
-- column: final           How many were permanent.
-- column: senders         Distinct sender addresses.
-- column: recipients      Distinct recipient addresses.
-- column: first_seen      First in the period.
-- column: last_seen       Last in the period.
-- column: reply           The newest of these replies.
WITH rejected AS (
    SELECT
        events.*,
        CASE
            WHEN events.origin IN ('submitted', 'local') THEN 'submitter'
            WHEN events.sasl_user IS NOT NULL AND events.stage IS DISTINCT FROM 'auth' THEN 'submitter'
            ELSE 'stranger'
        END AS who
    FROM events, parameters
    WHERE events.event = 'rejected'
        AND events.ts >= parameters.since
        AND events.ts < parameters.until
        AND (parameters.ip IS NULL OR events.client_ip = parameters.ip)
)
SELECT
    who,
    client_ip,
    arg_max(client_host, ts) AS client_host,
    sasl_user,
    reason,
    rule,
    template,
    count(*) AS rejections,
    round(count(*) / sum(count(*)) OVER (), 4) AS part,
    count(*) FILTER (WHERE final) AS final,
    count(DISTINCT sender) AS senders,
    count(DISTINCT recipient) AS recipients,
    min(ts) AS first_seen,
    max(ts) AS last_seen,
    arg_max(reply, ts) AS reply
FROM rejected
GROUP BY who, client_ip, sasl_user, reason, rule, template
ORDER BY who DESC, count(*) DESC, client_ip, template
LIMIT (SELECT parameters.top FROM parameters);
