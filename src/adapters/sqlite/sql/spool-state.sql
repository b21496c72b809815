-- The spool's id, the last id that was confirmed, and how many rows come after it.
SELECT
  spool_id,
  sent_up_to,
  (SELECT count(*) FROM spool WHERE id > sent_up_to) AS pending
FROM spool_state;
