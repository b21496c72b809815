-- Ids are given out again where the newest rows of usage were deleted: the sums have never come further than those.
UPDATE summed
SET up_to = (SELECT coalesce(max(id), 0) FROM usage)
WHERE up_to > (SELECT coalesce(max(id), 0) FROM usage);
