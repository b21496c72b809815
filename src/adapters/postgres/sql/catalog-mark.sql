-- Differs whenever the catalog was changed. Number and maximum: a change that took its id first and was committed last shows in the
-- number alone.
SELECT count(*) || '/' || coalesce(max(id), 0) AS mark FROM :schema.catalog_changes;
