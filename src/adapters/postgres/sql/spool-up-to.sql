-- How far a spool ($1) has arrived. No row where nothing of it has.
SELECT up_to FROM :schema.spools WHERE spool_id = $1;
