-- Drops leases that are over, `limit` at most. Answers { account, '1' if its standing changed } of each, earliest end first.
local function sweep(now, limit, probe_timeout, sidecar)
  local ended = {}
  for _, nonce in ipairs(redis.call('ZRANGEBYSCORE', deadlines_key, '-inf', text_of(now), 'LIMIT', 0, limit)) do
    local record = read_lease(nonce)
    if record ~= nil and record[1] == 'held' then
      local standing = drop_lease(nonce, record, now, record[6], probe_timeout, sidecar)
      ended[#ended + 1] = { record[3], standing and '1' or '0' }
    else
      redis.call('ZREM', deadlines_key, nonce)
    end
  end
  return ended
end

-- The figures of the accounts that lost a lease so.
local function figures_of_ended(ended, now)
  local figures, seen = {}, {}
  for _, lease in ipairs(ended) do
    if not seen[lease[1]] then
      seen[lease[1]] = true
      figures[#figures + 1] = figures_of(lease[1], now)
    end
  end
  return figures
end
