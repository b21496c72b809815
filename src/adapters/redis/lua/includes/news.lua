-- What other sidecars are told at once. Every part is a string, so the JSON has no number and no empty list in it.
--   ["freed", account, stamp, slots in use, sidecar]                 where somebody waits for the account; that sidecar's turn
--   ["standing", account, stamp, sidecar, field, value, ...]         value '' where the field is gone
local function tell_freed(account, now, in_use)
  -- The sidecars where somebody waits, by when it was their turn.
  local turn = redis.call('ZRANGE', turns_key(account), 0, 0)[1] or ''
  if turn ~= '' then redis.call('ZADD', turns_key(account), stamp(now), turn) end
  redis.call('PUBLISH', news_channel, cjson.encode({ 'freed', account, stamp(now), tostring(in_use), turn }))
end

local function tell_standing(account, now, sidecar, fields)
  local message = { 'standing', account, stamp(now), sidecar }
  for _, part in ipairs(fields) do message[#message + 1] = part end
  redis.call('PUBLISH', news_channel, cjson.encode(message))
end
