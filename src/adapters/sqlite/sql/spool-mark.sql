-- Rows up to an id (?1) are confirmed, none after it.
UPDATE spool_state SET sent_up_to = ?1;
