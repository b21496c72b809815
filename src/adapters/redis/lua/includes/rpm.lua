-- Requests of the last 60 s, a slot a second, in a text of one size:
--   second of the latest slot : total : 60 counts of three hexadecimal digits, at second modulo 60
-- A second's count stays at 4095, far beyond what any account is limited to.
local rpm_empty = string.rep('000', 60)

local function rpm_read(text, now)
  local second = math.floor(now / 1000)
  if not text then return second, 0, rpm_empty end
  local latest, total, ring = string.match(text, '^(%d+):(%d+):(.*)$')
  latest, total = tonumber(latest), tonumber(total)
  if second <= latest then return latest, total, ring end
  if second - latest >= 60 then return second, 0, rpm_empty end
  for passed = latest + 1, second do
    local at = passed % 60 * 3
    local count = tonumber(string.sub(ring, at + 1, at + 3), 16)
    if count > 0 then
      total = total - count
      ring = string.sub(ring, 1, at) .. '000' .. string.sub(ring, at + 4)
    end
  end
  return second, total, ring
end

local function rpm_added(text, now)
  local latest, total, ring = rpm_read(text, now)
  local at = latest % 60 * 3
  local count = tonumber(string.sub(ring, at + 1, at + 3), 16)
  if count < 4095 then
    total = total + 1
    ring = string.sub(ring, 1, at) .. string.format('%03x', count + 1) .. string.sub(ring, at + 4)
  end
  return string.format('%.0f:%d:', latest, total) .. ring
end
