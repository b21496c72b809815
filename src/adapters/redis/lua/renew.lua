-- Gives a held lease more time.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 lease   3 length from now, 0: the lease's own
-- Returns the new end, or '' where the lease is not held
--- include keys stamp cooldown news slots lease

local now, lease = tonumber(ARGV[1]), ARGV[2]
local nonce = nonce_of(lease)
local record = read_lease(nonce)
if not is_held(record, lease, nonce) or record[6] <= now then return '' end
local ttl = tonumber(ARGV[3])
if ttl <= 0 then ttl = record[7] end
record[6] = now + ttl
write_lease(nonce, record, ttl)
redis.call('ZADD', slots_key(record[3]), text_of(now + ttl), nonce)
redis.call('ZADD', deadlines_key, text_of(now + ttl), nonce)
if record[8] ~= '' then
  redis.call('SET', request_key(record[8]), nonce, 'PX', string.format('%.0f', ttl + garbage_ms))
end
return text_of(now + ttl)
