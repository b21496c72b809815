-- Deletes every binding that matches, in one step, however many there are: by a void, which outdates them.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 group, '' for any   3 session, '' for any   4 account, '' for any   5 longest life of a binding, ms
-- Returns { stamp, figures of each account that lost a session }
--- include keys stamp news slots binding figures

local now, group, session, account = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local accounts = { account }
if account == '' then accounts = redis.call('ZRANGE', changed_key, 0, -1) end

-- Voids that no living binding is older than are of no use any more.
local voids = redis.call('HGETALL', voids_key)
for at = 1, #voids, 2 do
  if tonumber(voids[at + 1]) < now - tonumber(ARGV[5]) then redis.call('HDEL', voids_key, voids[at]) end
end

local made = stamp(now)
if group ~= '' and session ~= '' then
  local session_key = group .. '\0' .. session
  local bound = binding_read(session_key, group, session, now)
  if bound == '' or (account ~= '' and bound ~= account) then return { made, {} } end
  redis.call('DEL', binding_key(session_key))
  accounts = { bound }
else
  local field
  if group ~= '' then field = account == '' and 'g' .. group or 'b' .. group .. '\0' .. account
  elseif session ~= '' then field = account == '' and 's' .. session or 't' .. session .. '\0' .. account
  else field = account == '' and '*' or 'a' .. account end
  redis.call('HSET', voids_key, field, made)
  redis.call('HSET', meta_key, 'void', made)
end

local function matches(session_key)
  local cut = string.find(session_key, '\0', 1, true)
  return (group == '' or string.sub(session_key, 1, cut - 1) == group)
    and (session == '' or string.sub(session_key, cut + 1) == session)
end

local figures = {}
for _, id in ipairs(accounts) do
  local lost = false
  for _, session_key in ipairs(redis.call('ZRANGE', sessions_key(id), 0, -1)) do
    if matches(session_key) then
      redis.call('ZREM', sessions_key(id), session_key)
      lost = true
    end
  end
  if lost then
    touch(id, now)
    figures[#figures + 1] = figures_of(id, now)
  end
end
return { made, figures }
