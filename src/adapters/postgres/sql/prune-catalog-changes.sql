-- Forgets catalog changes every sidecar has long seen. Marks differ afterwards, which costs each sidecar one reading.
DELETE FROM :schema.catalog_changes WHERE changed_at < now() - interval '7 days';
