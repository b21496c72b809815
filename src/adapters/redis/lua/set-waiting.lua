-- Tells how many callers wait at one sidecar, by account; not by how much that changed, so that telling twice does no harm.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 sidecar   3 ... account and number, for each account whose number changed
-- Returns { stamp, figures of each account }
--- include keys stamp news slots figures

local now, own_key = tonumber(ARGV[1]), waiting_key(ARGV[2])
local figures = {}
for at = 3, #ARGV, 2 do
  local account, count = ARGV[at], tonumber(ARGV[at + 1])
  local before = tonumber(redis.call('HGET', own_key, account) or '0')
  if count == 0 then
    redis.call('HDEL', own_key, account)
    redis.call('ZREM', turns_key(account), ARGV[2])
  else
    redis.call('HSET', own_key, account, count)
    redis.call('ZADD', turns_key(account), 'NX', 0, ARGV[2])
  end
  if redis.call('HINCRBY', account_key(account), 'wt', count - before) <= 0 then
    redis.call('HDEL', account_key(account), 'wt')
  end
  touch(account, now)
  figures[#figures + 1] = figures_of(account, now)
end
return { stamp(now), figures }
