-- One sidecar's regular exchange with the store: it shows that it lives, ends leases that are over, and learns which accounts
-- changed since it last asked. Its cost follows the number of accounts, not that of requests.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 sidecar   3 the store's identity as the sidecar knows it, or ''   4 an identity for a store that has none
--      5  stamp up to which the sidecar knows everything   6 accounts at most   7 probe timeout
--      8  life of a sidecar that shows none, ms   9 age at which a cooldown's counts are forgotten
-- Returns { identity, '1' if the sidecar was not known, sidecars alive, stamp up to which it now knows everything,
--           '1' if there is more to ask for, leases that were over (see sweep), '1' if more may be over,
--           figures of each account that changed }
--- include keys stamp cooldown news slots lease figures sweep

local now, sidecar, cursor, most = tonumber(ARGV[1]), ARGV[2], ARGV[5], tonumber(ARGV[6])

local identity = redis.call('HGET', meta_key, 'id')
if not identity then
  identity = ARGV[4]
  redis.call('HSET', meta_key, 'id', identity)
end
if identity ~= ARGV[3] then cursor = '-1' end

-- Drops cooldown records that say nothing any more: callers name models as they like, and each name may have left one.
local function forget_records(account)
  local before = now - tonumber(ARGV[9])
  local fields = redis.call('HGETALL', account_key(account))
  for at = 1, #fields, 2 do
    if fields[at] == 'cd' or string.sub(fields[at], 1, 3) == 'cd:' then
      local r = record_of(fields[at + 1])
      if r.ends <= before and r.last <= before then
        redis.call('HDEL', account_key(account), fields[at])
        redis.call('HDEL', revocable_key(account), fields[at])
      end
    end
  end
end

local is_new = redis.call('ZADD', sidecars_key, text_of(now), sidecar)
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', sidecars_key, '-inf', '(' .. text_of(now - tonumber(ARGV[8])))) do
  local waiting = redis.call('HGETALL', waiting_key(dead))
  for at = 1, #waiting, 2 do
    redis.call('HINCRBY', account_key(waiting[at]), 'wt', -tonumber(waiting[at + 1]))
    redis.call('ZREM', turns_key(waiting[at]), dead)
    touch(waiting[at], now)
  end
  redis.call('DEL', waiting_key(dead))
  redis.call('ZREM', sidecars_key, dead)
end

local swept_at_once = 200
local ended = sweep(now, swept_at_once, tonumber(ARGV[7]), sidecar)

local changed = redis.call('ZRANGEBYSCORE', changed_key, '(' .. cursor, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
local figures = {}
for at = 1, #changed, 2 do
  forget_records(changed[at])
  figures[#figures + 1] = figures_of(changed[at], now)
end
local more = #figures == most
local upto = redis.call('HGET', meta_key, 'stamp') or '0'
if more then upto = changed[#changed] end
return { identity, tostring(is_new), redis.call('ZCARD', sidecars_key), upto, more and '1' or '0', ended,
  #ended == swept_at_once and '1' or '0', figures }
