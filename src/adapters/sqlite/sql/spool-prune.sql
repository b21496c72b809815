-- Forgets confirmed rows, up to an id (?1).
DELETE FROM spool WHERE id <= ?1;
