-- A lease's record, under its nonce, is one of
--   { 'held', suffix, account, model, granted, ends, ttl, request key, payload, marks, sidecar }
--   { 'ended', ... } as held, once it is over without a report: a late one goes on with its chain
--   { 'failed', account, model, payload or '', failure, platform fault '1'/'0', next lease or '' }
--   { 'settled' }
-- Payload and failure are the sidecar's own text. marks: fingerprint, platform, account, model and lease of each earlier attempt
-- of the chain whose answer had a fingerprint, one after the other.
local function read_lease(nonce)
  local text = redis.call('GET', lease_key(nonce))
  return text and cmsgpack.unpack(text) or nil
end

-- Keys of leases go by themselves this long after they are of no use. Nothing is decided by it.
local garbage_ms = 600000

local function write_lease(nonce, record, keep_ms)
  redis.call('SET', lease_key(nonce), cmsgpack.pack(record), 'PX', string.format('%.0f', keep_ms + garbage_ms))
end

local function nonce_of(lease)
  local dot = string.find(lease, '.', 1, true)
  return dot and string.sub(lease, 1, dot - 1) or lease
end

local function is_held(record, lease, nonce)
  return record ~= nil and record[1] == 'held' and lease == nonce .. '.' .. record[2]
end

local function free_slot(nonce, record)
  redis.call('ZREM', slots_key(record[3]), nonce)
  redis.call('ZREM', deadlines_key, nonce)
  local request = record[8]
  if request ~= '' and redis.call('GET', request_key(request)) == nonce then redis.call('DEL', request_key(request)) end
end

-- Waiting callers are told of a free slot; nobody is told where nobody waits.
local function announce_slot(account, now)
  local in_use = slots_in_use(account, now)
  local waiting = tonumber(redis.call('HGET', account_key(account), 'wt') or '0')
  if waiting > 0 then tell_freed(account, now, in_use) end
  return in_use
end

-- Ends a lease that nobody reported, as of `ended`. Answers whether its account's standing changed.
local function drop_lease(nonce, record, now, ended, probe_timeout, sidecar)
  local account, lease = record[3], nonce .. '.' .. record[2]
  free_slot(nonce, record)
  record[1] = 'ended'
  write_lease(nonce, record, 0)
  local fields = { 'cd', 'cd:' .. record[4] }
  local told = {}
  for index, text in ipairs(redis.call('HMGET', account_key(account), unpack(fields))) do
    local r = record_of(text)
    if r ~= nil and r.probe == lease then
      local after = record_text(after_probe_lost(r, lease, ended, probe_timeout))
      redis.call('HSET', account_key(account), fields[index], after)
      told[#told + 1] = fields[index]
      told[#told + 1] = after
    end
  end
  touch(account, now)
  if #told > 0 then tell_standing(account, now, sidecar, told) end
  announce_slot(account, now)
  return #told > 0
end
