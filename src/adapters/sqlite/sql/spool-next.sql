-- At most ?2 rows after an id (?1), in order.
SELECT * FROM spool WHERE id > ?1 ORDER BY id LIMIT ?2;
