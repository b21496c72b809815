-- Stamps: one number for the whole store that grows with every change. It is the time where time has moved on, else the last
-- stamp and a fraction, so that it serves as time of last use too. A sidecar that knows everything up to a stamp asks for the
-- accounts with a later one.
local stamp_text = nil

local function stamp(now)
  if stamp_text == nil then
    local last = tonumber(redis.call('HGET', meta_key, 'stamp') or '0')
    stamp_text = text_of(math.max(now, last + 2 ^ -10))
    redis.call('HSET', meta_key, 'stamp', stamp_text)
  end
  return stamp_text
end

-- Notes that the account's figures changed. Accounts changed by one script get stamps of their own, so that a list of changes can
-- be cut anywhere.
local touched = nil

local function touch(account, now)
  if touched ~= nil and touched ~= account then stamp_text = nil end
  touched = account
  redis.call('ZADD', changed_key, stamp(now), account)
end

-- What follows is a step of its own, with its own stamp.
local function new_step() stamp_text, touched = nil, nil end
