-- Notes which lease followed a failed one.
--
-- KEYS 1  the store's own hash
-- ARGV 1  the failed lease   2 the next
-- Returns 1 where the failure is known, else 0
--- include keys stamp cooldown news slots lease

local nonce = nonce_of(ARGV[1])
local record = read_lease(nonce)
if record == nil or record[1] ~= 'failed' then return 0 end
record[7] = ARGV[2]
redis.call('SET', lease_key(nonce), cmsgpack.pack(record), 'KEEPTTL')
return 1
