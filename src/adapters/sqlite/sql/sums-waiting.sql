-- How many rows of usage no sum holds yet.
SELECT count(*) AS waiting FROM usage WHERE id > (SELECT up_to FROM summed);
