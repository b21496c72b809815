-- A session's binding is the text  end|stamp|account. Many bindings are dropped at once by a void: a field of the hash of voids
-- with the stamp of that moment, which makes older bindings that match it count for nothing.
--   *  g<group>  s<session>  a<account>  b<group NUL account>  t<session NUL account>
-- Group ids hold no NUL, so the first one ends the group.
local function session_key_of(group, session) return group .. '\0' .. session end

-- The account a session is bound to, '' for none, and until when.
local function binding_read(session_key, group, session, now)
  local text = redis.call('GET', binding_key(session_key))
  if not text then return '' end
  local ends, made, account = string.match(text, '^([^|]*)|([^|]*)|(.*)$')
  if tonumber(ends) <= now then return '' end
  made = tonumber(made)
  local last_void = redis.call('HGET', meta_key, 'void')
  if last_void and tonumber(last_void) >= made then
    local fields = { '*', 'g' .. group, 's' .. session, 'a' .. account, 'b' .. group .. '\0' .. account,
      't' .. session .. '\0' .. account }
    for _, at in ipairs(redis.call('HMGET', voids_key, unpack(fields))) do
      if at and tonumber(at) >= made then return '' end
    end
  end
  return account, tonumber(ends)
end

local function binding_write(session_key, account, ends, made, keep_ms)
  redis.call('SET', binding_key(session_key), text_of(ends) .. '|' .. made .. '|' .. account, 'PX',
    string.format('%.0f', keep_ms))
end
