-- What other sidecars are told at once. Every part is a string, so the JSON has no number and no empty list in it.
--   ["freed", account, stamp, slots in use]                          where somebody waits for the account
--   ["standing", account, stamp, sidecar, field, value, ...]         value '' where the field is gone
local function tell_freed(account, now, in_use)
  redis.call('PUBLISH', news_channel, cjson.encode({ 'freed', account, stamp(now), tostring(in_use) }))
end

local function tell_standing(account, now, sidecar, fields)
  local message = { 'standing', account, stamp(now), sidecar }
  for _, part in ipairs(fields) do message[#message + 1] = part end
  redis.call('PUBLISH', news_channel, cjson.encode(message))
end
