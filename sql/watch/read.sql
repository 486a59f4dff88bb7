-- title: What was read
-- question: When was each log stream read, and up to which of its lines?
-- counts: one row per commit of a stream
-- uses: runs
-- column: source   Log stream.
-- column: ts       When the run began.
-- column: last_ts  Latest time in the lines that it read.
SELECT source, ts, last_ts
FROM runs;
