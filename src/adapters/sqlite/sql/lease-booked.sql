-- One row where a lease (?1) is among those the sums have come to.
SELECT 1 FROM lease WHERE lease_id = ?1;
