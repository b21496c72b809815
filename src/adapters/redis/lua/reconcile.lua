-- Brings the store up to what one sidecar did without it, or what it still knows after the store lost its data. Telling twice does
-- no harm.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 sidecar   3 five counts of what follows:
--      held leases, ten each: nonce, suffix, account, model, granted, ends, ttl, request key, payload, marks as JSON
--      nonces of leases that ended, or of claims that were given up on
--      accounts whose spending must be read anew
--      cooldown records, three each: account, field, record
--      bindings, four each: session key, account, ends, session idle time
-- Returns { nonces of held leases that were reported elsewhere }
--- include keys stamp cooldown news slots lease binding

local now, sidecar = tonumber(ARGV[1]), ARGV[2]
local at = 8
local gone = {}

local function take(count)
  local part = { unpack(ARGV, at, at + count - 1) }
  at = at + count
  return part
end

for _ = 1, tonumber(ARGV[3]) do
  local nonce, suffix, account, model, granted, ends, ttl, request, payload, marks = unpack(take(10))
  local known = read_lease(nonce)
  if known and known[1] ~= 'held' then
    gone[#gone + 1] = nonce
  elseif tonumber(ends) > now then
    if known and known[3] ~= account then
      free_slot(nonce, known)
      touch(known[3], now)
      announce_slot(known[3], now)
    end
    write_lease(nonce, { 'held', suffix, account, model, tonumber(granted), tonumber(ends), tonumber(ttl), request, payload,
      cjson.decode(marks), sidecar }, tonumber(ends) - now)
    redis.call('ZADD', slots_key(account), ends, nonce)
    redis.call('ZADD', deadlines_key, ends, nonce)
    if request ~= '' then
      redis.call('SET', request_key(request), nonce, 'PX', string.format('%.0f', tonumber(ends) - now + garbage_ms))
    end
    touch(account, now)
  end
end

for _ = 1, tonumber(ARGV[4]) do
  local nonce = unpack(take(1))
  local known = read_lease(nonce)
  if known == nil or known[1] == 'held' or known[1] == 'ended' then
    -- Also where there is no lease: a claim that was given up on may yet come, and finds its nonce used.
    write_lease(nonce, { 'settled' }, 0)
    if known and known[1] == 'held' then
      free_slot(nonce, known)
      touch(known[3], now)
      announce_slot(known[3], now)
    end
  end
end

for _ = 1, tonumber(ARGV[5]) do
  local account = unpack(take(1))
  redis.call('HINCRBY', account_key(account), 'b', 1)
  redis.call('HDEL', account_key(account), 'w', 'q')
  touch(account, now)
end

for _ = 1, tonumber(ARGV[6]) do
  local account, field, text = unpack(take(3))
  local known = record_of(redis.call('HGET', account_key(account), field))
  if known == nil or known.ends < record_of(text).ends then
    redis.call('HSET', account_key(account), field, text)
    redis.call('HDEL', revocable_key(account), field)
    touch(account, now)
    tell_standing(account, now, sidecar, { field, text })
  end
end

for _ = 1, tonumber(ARGV[7]) do
  local session_key, account, ends, idle = unpack(take(4))
  local keep_ms = tonumber(ends) - now
  if keep_ms > 0 then
    touch(account, now)
    binding_write(session_key, account, tonumber(ends), stamp(now), keep_ms + garbage_ms)
    redis.call('ZADD', sessions_key(account), text_of(now), session_key)
    redis.call('HSET', account_key(account), 'si', idle)
  end
end

return gone
