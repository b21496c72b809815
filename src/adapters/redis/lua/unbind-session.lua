-- Deletes a session's binding where it is still to the account.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 group   3 session   4 session key   5 account
-- Returns { stamp, figures of the account } or { '0' } where the binding is another, or none
--- include keys stamp news slots binding figures

local now = tonumber(ARGV[1])
if binding_read(ARGV[4], ARGV[2], ARGV[3], now) ~= ARGV[5] then return { '0' } end
redis.call('DEL', binding_key(ARGV[4]))
redis.call('ZREM', sessions_key(ARGV[5]), ARGV[4])
touch(ARGV[5], now)
return { stamp(now), figures_of(ARGV[5], now) }
