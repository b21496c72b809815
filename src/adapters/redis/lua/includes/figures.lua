-- An account as the picture of a sidecar takes it:
--   { account, slots in use, sessions seen within their idle time, when the idlest was seen, fields and values of its hash }

-- Forgets idle sessions, and answers how many are left and when the idlest was seen.
local function sessions_seen(account, now, idle)
  local key = sessions_key(account)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', text_of(now - tonumber(idle)))
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return redis.call('ZCARD', key), first[2] or '0'
end

local function figures_of(account, now)
  redis.call('ZREMRANGEBYSCORE', slots_key(account), '-inf', text_of(now))
  local sessions, oldest = 0, '0'
  local idle = redis.call('HGET', account_key(account), 'si')
  if idle then sessions, oldest = sessions_seen(account, now, idle) end
  return { account, slots_in_use(account, now), sessions, oldest, redis.call('HGETALL', account_key(account)) }
end
