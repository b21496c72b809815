-- What an account has spent, as read from the ledger and added to since; in its hash `b` counts bookings, and
--   w  window's start|read at|USD          q  UTC day|read at|USD this day|USD this week|USD ever
local hour_ms, day_ms = 3600000, 86400000

local function numbers_of(text)
  local list = {}
  for part in string.gmatch(text, '[^|]+') do list[#list + 1] = tonumber(part) end
  return list
end

-- The start of the window that costs count in: the provider's (start|end) while it lasts, else this hour's.
local function window_start(window, now)
  if window then
    local w = numbers_of(window)
    if w[1] <= now and now < w[2] then return w[1] end
  end
  return now - now % hour_ms
end

-- The three fields after a booking; nil where the figure must be read anew.
local function spend_after(spend, window, quota, bookings, now)
  if spend.kind == 'unknown' then return nil, nil, tostring(tonumber(bookings or '0') + 1) end
  if spend.kind ~= 'known' then return window, quota, bookings end
  if window then
    local w = numbers_of(window)
    if w[1] == window_start(spend.window, now) then
      window = table.concat({ text_of(w[1]), text_of(w[2]), text_of(w[3] + spend.cost) }, '|')
    else
      window = nil
    end
  end
  if quota then
    local q = numbers_of(quota)
    if q[1] == math.floor(now / day_ms) and now - q[2] < spend.trust then
      quota = table.concat({ q[1], text_of(q[2]), text_of(q[3] + spend.cost), text_of(q[4] + spend.cost),
        text_of(q[5] + spend.cost) }, '|')
    else
      quota = nil
    end
  end
  return window, quota, tostring(tonumber(bookings or '0') + 1)
end
