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
-- column: unparsed_share  Their part.
-- column: refused_reason  Why most of them were refused.
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
-- column: silent_hours    Whole hours without any event of a host between its first and its last.
-- column: longest_gap     Hours of the longest such silence.
-- column: gap_host        The host of that silence.
-- column: gap_since       The hour of its last event before it.
-- column: clock_jumps     Times that a log's clock went back by ten minutes or more.
-- column: jump_host       The host of the last of them.
-- column: jump_at         The time that the log's clock went back to.
-- A silence may be a quiet night or a lost log: compare with the hours before. A clock that jumps back (`clock_jumps`)
-- makes times and delays around it doubtful; see that the host's clock is kept by NTP.
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
        count(DISTINCT hash(message_key, recipient)) FILTER (
            WHERE event = 'accepted' AND direction = 'outbound' AND recipient IS NOT NULL
        ) AS handed_over,
        count(*) FILTER (WHERE event = 'rejected') AS rejected
    FROM period
),
replies AS (
    SELECT
        count(*) FILTER (WHERE refusals.category IS DISTINCT FROM 'greylist') AS refusals,
        count(*) FILTER (WHERE coalesce(refusals.category, 'unclassified') = 'unclassified') AS unclassified,
        count(DISTINCT hash(refusals.message_key, refusals.recipient)) FILTER (
            WHERE refusals.category = 'greylist' AND refusals.recipient IS NOT NULL
        ) AS greylisted,
        count(DISTINCT hash(refusals.message_key, refusals.recipient)) FILTER (
            WHERE refusals.origin = 'null_sender' AND refusals.recipient IS NOT NULL
        ) AS backscatter
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
),
misread AS (
    SELECT refused.reason, row_number() OVER (ORDER BY count(*) DESC, refused.reason) AS place
    FROM refused, parameters
    WHERE refused.ts >= parameters.since AND refused.ts < parameters.until
    GROUP BY refused.reason
),
slots AS (
    SELECT
        system, host, source, floor(epoch(ts) / 600) AS slot,
        min(source_offset) AS low, max(source_offset) AS high
    FROM period
    GROUP BY system, host, source, floor(epoch(ts) / 600)
),
hours AS (
    SELECT DISTINCT coalesce(host, '') AS host, floor(slot / 6) AS hour
    FROM slots
),
gaps AS (
    SELECT host, hour, lead(hour) OVER (PARTITION BY host ORDER BY hour) - hour - 1 AS silent
    FROM hours
),
silence AS (
    SELECT
        CAST(coalesce(sum(silent), 0) AS BIGINT) AS silent_hours,
        CAST(max(silent) AS BIGINT) AS longest_gap,
        arg_max(host, silent) AS gap_host,
        arg_max(hour, silent) AS hour
    FROM gaps
    WHERE silent > 0
),
earlier AS (
    SELECT
        host, slot, low,
        max(high) OVER (
            PARTITION BY source, host ORDER BY slot ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before,
        lag(slot) OVER (PARTITION BY source, host ORDER BY slot) AS slot_before,
        max(high) OVER (
            PARTITION BY source, host ORDER BY slot ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING
        ) AS long_before
    FROM slots
    WHERE system IN ('postfix', 'exim')
),
jumps AS (
    SELECT count(*) AS clock_jumps, arg_max(host, slot) AS jump_host, max(slot) AS slot
    FROM earlier
    WHERE low < long_before OR (low < before AND slot - slot_before > 1)
)
SELECT
    CAST(read.lines AS BIGINT) AS lines,
    CAST(read.events AS BIGINT) AS events,
    CAST(read.context AS BIGINT) AS context,
    CAST(read.foreign_lines AS BIGINT) AS foreign_lines,
    CAST(read.refused_lines AS BIGINT) AS refused_lines,
    CASE WHEN read.lines >= 20 THEN round(read.refused_lines / read.lines, 6) END AS unparsed_share,
    misread.reason AS refused_reason,
    CAST(read.duplicates AS BIGINT) AS duplicates,
    read.sources, told.hosts, told.period_events, told.unlinked, replies.refusals, replies.unclassified,
    replies.greylisted, told.handed_over, replies.backscatter, told.rejected,
    silence.silent_hours,
    coalesce(silence.longest_gap, 0) AS longest_gap,
    silence.gap_host,
    to_timestamp(silence.hour * 3600) AS gap_since,
    jumps.clock_jumps,
    jumps.jump_host,
    to_timestamp(jumps.slot * 600) AS jump_at
FROM told
CROSS JOIN replies
CROSS JOIN read
CROSS JOIN silence
CROSS JOIN jumps
LEFT JOIN misread ON misread.place = 1;
