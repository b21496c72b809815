-- Drops cooldown records, with their counts and probes, and tells every sidecar.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 account, '' for all   3 model, '' for the account's own and every model's   4 sidecar
-- Returns { stamp, how many were running, figures of each account that had one }
--- include keys stamp cooldown news slots figures

local now = tonumber(ARGV[1])
local accounts = { ARGV[2] }
if ARGV[2] == '' then accounts = redis.call('ZRANGE', changed_key, 0, -1) end
local cleared, figures = 0, {}
for _, account in ipairs(accounts) do
  local told = {}
  local fields = redis.call('HGETALL', account_key(account))
  for at = 1, #fields, 2 do
    local field = fields[at]
    local is_record = field == 'cd' or string.sub(field, 1, 3) == 'cd:'
    if is_record and (ARGV[3] == '' or field == 'cd:' .. ARGV[3]) then
      if record_of(fields[at + 1]).ends > now then cleared = cleared + 1 end
      redis.call('HDEL', account_key(account), field)
      redis.call('HDEL', revocable_key(account), field)
      told[#told + 1] = field
      told[#told + 1] = ''
    end
  end
  if #told > 0 then
    touch(account, now)
    tell_standing(account, now, ARGV[4], told)
    figures[#figures + 1] = figures_of(account, now)
  end
end
return { #figures > 0 and stamp(now) or '0', cleared, figures }
