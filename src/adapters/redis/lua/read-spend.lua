-- What is known of accounts' spending.
--
-- KEYS 1  the store's own hash
-- ARGV 1 ...  accounts
-- Returns for each { window or '', quota or '', bookings }
--- include keys

local readings = {}
for index, account in ipairs(ARGV) do
  local f = redis.call('HMGET', account_key(account), 'w', 'q', 'b')
  readings[index] = { f[1] or '', f[2] or '', f[3] or '0' }
end
return readings
