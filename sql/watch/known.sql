-- title: Reasons known from the past
-- question: Which reasons did each receiver give before the window, and at which stage?
-- counts: one row per receiver, reason and stage
-- uses: told
-- column: receiver  The provider, or the recipient's domain.
-- column: reason    The exact reason.
-- column: stage     Where in the dialogue.
SELECT DISTINCT receiver, reason, stage
FROM told
WHERE refused AND NOT (slot = 0 AND inside);
