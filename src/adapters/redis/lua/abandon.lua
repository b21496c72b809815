-- Frees the slots of leases whose callers are lost.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now   2 probe timeout   3 sidecar   4 ... leases
-- Returns { leases that were dropped (see sweep), figures of their accounts, stamp }
--- include keys stamp cooldown news slots lease figures sweep

local now = tonumber(ARGV[1])
local dropped = {}
for at = 4, #ARGV do
  local nonce = nonce_of(ARGV[at])
  local record = read_lease(nonce)
  if is_held(record, ARGV[at], nonce) then
    local standing = drop_lease(nonce, record, now, now, tonumber(ARGV[2]), ARGV[3])
    dropped[#dropped + 1] = { record[3], standing and '1' or '0' }
  end
end
return { dropped, figures_of_ended(dropped, now), #dropped > 0 and stamp(now) or '0' }
