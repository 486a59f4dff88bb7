-- title: Quality of the data
-- question: How much of the logs was understood, and what limits the figures of the other reports?
-- counts: lines of the logs, and events of the period
-- param: since TIMESTAMPTZ = newest - INTERVAL 7 DAY + INTERVAL 1 MICROSECOND  First instant that counts.
-- param: until TIMESTAMPTZ = newest + INTERVAL 1 MICROSECOND  First instant that no longer counts.
-- column: lines           Lines read by the runs whose logs touch the period.
-- column: events          Of them, lines that tell an event.
-- column: context         Of them, lines of a mail system that tell no event.
-- column: foreign_lines   Of them, lines of other programs.
-- column: refused_lines   Of them, lines that nothing could read.
-- column: duplicates      Of them, copies of lines already in from another source.
-- column: sources         Log files or streams.
-- column: hosts           Log hosts of the period's events.
-- column: period_events   Events of the period.
-- column: unlinked        Of them, events of messages whose first line is not in the lake: sender unknown.
-- column: refusals        Refusals of the period, greylisting left out.
-- column: unclassified    Of them, refusals that no rule knows.
-- column: greylisted      Messages and recipients put off by greylisting; in no rate.
-- column: handed_over     Messages and recipients handed to a smarthost: what became of them is in its log.
-- column: backscatter     Refused recipients of bounces and autoreplies of our own; in no rate.
-- column: rejected        Mail that we refused ourselves; in no rate.
WITH period AS (
    SELECT events.*
    FROM events, parameters
    WHERE events.ts >= parameters.since AND events.ts < parameters.until
),
told AS (
    SELECT
        count(DISTINCT host) AS hosts,
        count(*) AS period_events,
        count(*) FILTER (WHERE message_key LIKE '%?') AS unlinked,
        count(DISTINCT message_key || ' ' || recipient) FILTER (WHERE event = 'accepted' AND direction = 'outbound')
            AS handed_over,
        count(*) FILTER (WHERE event = 'rejected') AS rejected
    FROM period
),
replies AS (
    SELECT
        count(*) FILTER (WHERE category IS DISTINCT FROM 'greylist') AS refusals,
        count(*) FILTER (WHERE coalesce(category, 'unclassified') = 'unclassified') AS unclassified,
        count(DISTINCT message_key || ' ' || recipient) FILTER (WHERE category = 'greylist') AS greylisted,
        count(DISTINCT message_key || ' ' || recipient) FILTER (WHERE origin = 'null_sender') AS backscatter
    FROM refusals, parameters
    WHERE refusals.ts >= parameters.since AND refusals.ts < parameters.until
),
read AS (
    SELECT
        coalesce(sum(runs.lines), 0) AS lines,
        coalesce(sum(runs.events), 0) AS events,
        coalesce(sum(runs.context), 0) AS context,
        coalesce(sum(runs."foreign"), 0) AS foreign_lines,
        coalesce(sum(runs.refused), 0) AS refused_lines,
        coalesce(sum(runs.duplicates), 0) AS duplicates,
        count(DISTINCT runs.source) AS sources
    FROM runs, parameters
    WHERE coalesce(runs.last_ts, runs.ts) >= parameters.since AND coalesce(runs.first_ts, runs.ts) < parameters.until
)
SELECT
    CAST(read.lines AS BIGINT) AS lines,
    CAST(read.events AS BIGINT) AS events,
    CAST(read.context AS BIGINT) AS context,
    CAST(read.foreign_lines AS BIGINT) AS foreign_lines,
    CAST(read.refused_lines AS BIGINT) AS refused_lines,
    CAST(read.duplicates AS BIGINT) AS duplicates,
    read.sources, told.hosts, told.period_events, told.unlinked, replies.refusals, replies.unclassified,
    replies.greylisted, told.handed_over, replies.backscatter, told.rejected
FROM told, replies, read;
