-- What is known of a lease.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 lease
-- Returns { 'held', the lease as in claim's replay, ... }
--         { 'failed', account, model, payload or '', failure, platform fault '1'/'0', next lease or '' }
--         { 'settled' } or { 'unknown' }
--- include keys stamp cooldown news slots lease

local now, lease = tonumber(ARGV[1]), ARGV[2]
local nonce = nonce_of(lease)
local record = read_lease(nonce)
if record == nil then return { 'unknown' } end
if record[1] == 'failed' or record[1] == 'settled' then return record end
if not is_held(record, lease, nonce) or record[6] <= now then return { 'unknown' } end
return { 'held', nonce, record[2], record[3], record[4], text_of(record[5]), text_of(record[6]), text_of(record[7]), record[9] }
