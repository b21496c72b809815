-- The last of those leases, in the order of bytes.
SELECT max(lease_id) AS lease_id FROM lease;
