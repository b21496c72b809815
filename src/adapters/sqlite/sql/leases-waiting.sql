-- Leases that were booked and the sums have not come to.
SELECT lease_id FROM usage WHERE id > (SELECT up_to FROM summed);
