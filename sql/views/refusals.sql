-- title: Refusals
-- question: Which replies of receiving servers refused our mail?
-- counts: replies: one row per refused recipient, or per connection where the reply names no recipient
-- uses: events
-- columns: events
-- Greylisting is in it, marked by its category. Echoes of older replies, address probes, suppressions, our own
-- filters and causes that later lines inherit are not.
CREATE OR REPLACE VIEW refusals AS
SELECT *
FROM events
WHERE direction = 'outbound'
    AND event IN ('attempt', 'deferred', 'bounced')
    AND reply_by = 'remote'
    AND (
        reply_code BETWEEN 400 AND 599
        OR (reply_code IS NULL AND substr(reply_enhanced, 1, 1) IN ('4', '5'))
    );
