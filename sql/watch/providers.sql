-- title: Providers in the window
-- question: For how many recipients did each provider answer in the window, and how many of them were refused?
-- counts: messages x recipients
-- uses: told
-- column: provider  Who runs the receiving mailboxes; null for receivers that no rule knows.
-- column: answered  Answered at least once.
-- column: refused   Refused at least once.
SELECT provider, count(DISTINCT pair) AS answered, count(DISTINCT pair) FILTER (WHERE refused) AS refused
FROM told
WHERE slot = 0 AND inside
GROUP BY provider
ORDER BY provider;
