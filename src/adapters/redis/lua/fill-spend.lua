-- Puts in sums made from the ledger, each unless something was booked since its account was read.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 ... account, field (w or q), text, bookings when it was read
-- Returns { stamp, for each '1' if it was put in }
--- include keys stamp

local put = {}
for at = 2, #ARGV, 4 do
  local account = ARGV[at]
  if (redis.call('HGET', account_key(account), 'b') or '0') == ARGV[at + 3] then
    redis.call('HSET', account_key(account), ARGV[at + 1], ARGV[at + 2])
    touch(account, tonumber(ARGV[1]))
    put[#put + 1] = '1'
  else
    put[#put + 1] = '0'
  end
end
return { stamp(tonumber(ARGV[1])), put }
