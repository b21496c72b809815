-- An account's slots are a sorted set of lease nonces by their end. A lease is over from its end on, whether or not it was swept.
local function slots_in_use(account, now)
  return redis.call('ZCOUNT', slots_key(account), '(' .. text_of(now), '+inf')
end
