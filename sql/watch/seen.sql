-- title: Reasons seen before
-- question: When did each receiver last give one of the reasons in question, before the periods that are compared?
-- counts: one row per receiver, reason and stage
-- uses: refusals, asked
-- column: receiver  The provider, or the recipient's domain.
-- column: reason    The exact reason.
-- column: stage     Where in the dialogue.
-- column: last_ts   When it was last given.
SELECT
    coalesce(provider, recipient_domain, 'unknown') AS receiver,
    coalesce(reason, 'unknown') AS reason,
    stage,
    max(ts) AS last_ts
FROM refusals
WHERE coalesce(reason, 'unknown') IN (SELECT reason FROM asked)
GROUP BY coalesce(provider, recipient_domain, 'unknown'), coalesce(reason, 'unknown'), stage;
