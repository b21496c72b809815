-- Ends a lease by what was reported of it: slot, cost, cooldown, chain, and the word to those who wait; one atomic step. Reports made
-- at the same time share a trip: each is a step of its own, done one after the other.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now, to find leases that are over   2 sidecar   3 trust in a read cost, ms   4 forget after   5 probe after
--      6  probe timeout   then for each report a JSON list:
--         1 now   2 lease   3 account   4 model   5 granted   6 outcome (success, failure, cancelled)
--         7 spend (known, unknown, booked_before, none)   8 cost in USD   9 provider window's start or ''   10 its end
--         of a failure, else nothing:
--         11 reason   12 whether the chain may go on   13 platform   14 fingerprint   15 the failure as text
--         16 effect's scope or ''   17 base   18 growth   19 most steps   20 cap   21 hint or ''
-- Returns what includes/calls.lua says; a report's answer is
--         { 'duplicate', stamp, fields and values that changed }
--         the line  stamp, slots in use, waiting callers, when the lease was granted and ends, its length, its payload (four times ''
--           for none), then fields and values of the account's hash that changed ('' for none), where that is all there is to tell; else
--         { 'settled', stamp, slots in use, waiting callers, '1' if the fault is the platform's, end of the effect's record before
--           and that record now, '' for none each, '1' if the account's standing changed, fields and values of the account's hash ('' for none),
--           the lease as in claim's replay or nothing, figures of each further account that changed }
--- include keys stamp cooldown failures news slots lease figures sweep spend calls

local moment, sidecar, trust = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local timings = { forget = tonumber(ARGV[4]), probe_after = tonumber(ARGV[5]), probe_timeout = tonumber(ARGV[6]) }
local ended = sweep(moment, 20, timings.probe_timeout, sidecar)

local function report(c)
  local now, lease, account, model, granted, outcome = c[1], c[2], c[3], c[4], c[5], c[6]
  local reason, fingerprint, effect_scope = c[11] or '', c[14] or '', c[16] or ''
  local nonce = nonce_of(lease)
  local key, model_field = account_key(account), 'cd:' .. model

  -- Adds what was spent to f = { window, quota, bookings }, and answers the fields that this changed.
  local function spend_into(f, provider_window)
    local spend = { kind = c[7], cost = c[8], trust = trust, window = provider_window }
    local window, quota, bookings = spend_after(spend, f[1] or nil, f[2] or nil, f[3] or nil, now)
    if bookings == (f[3] or nil) then return {} end
    f[1], f[2], f[3] = window, quota, bookings
    return { 'w', window or '', 'q', quota or '', 'b', bookings }
  end

  -- Writes fields and values; '' takes a field away.
  local function write_fields(fields)
    for at = 1, #fields, 2 do
      if fields[at + 1] == '' then redis.call('HDEL', key, fields[at]) else redis.call('HSET', key, fields[at], fields[at + 1]) end
    end
  end

  local function duplicate()
    local f = redis.call('HMGET', key, 'w', 'q', 'b', 'win')
    local fields = spend_into(f, f[4] or nil)
    write_fields(fields)
    if #fields > 0 then touch(account, now) end
    return { 'duplicate', #fields > 0 and stamp(now) or '0', fields }
  end

  local function next_record(scope, r, platform_fault)
    if outcome == 'success' then return after_success(r, granted, now, timings.probe_timeout) end
    local lost = outcome == 'cancelled' or reason == '' or reason == 'CANCELLED' or platform_fault
    if not lost and not c[12] then return after_caller_fault(r, lease) end
    if lost or effect_scope ~= scope then return after_probe_lost(r, lease, now, timings.probe_timeout) end
    local failure = { lease, granted, now, fingerprint ~= '' and '1' or '0', reason, c[17], c[18],
        c[19], c[20], c[21] }
    return after_failure(account, record_field(scope, model), r, failure, timings)
  end

  -- The earlier attempts whose accounts showed the very fault that this one shows now, if one of them was another account.
  local function same_fault(known)
    local same, is_fault = {}, false
    if known == nil or fingerprint == '' then return same, false end
    local marks = known[10]
    for at = 1, #marks, 5 do
      if marks[at] == fingerprint and marks[at + 1] == c[13] then
        same[#same + 1] = { account = marks[at + 2], model = marks[at + 3], lease = marks[at + 4] }
        is_fault = is_fault or marks[at + 2] ~= account
      end
    end
    return same, is_fault
  end

  -- Takes back what an attempt did to its account. Answers whether that changed anything.
  local function revoke(attempt)
    local told = {}
    for _, field in ipairs({ 'cd', 'cd:' .. attempt.model }) do
      local r = record_of(redis.call('HGET', account_key(attempt.account), field))
      local after, changed = after_revocation(attempt.account, field, r, attempt.lease, timings)
      if changed then
        told[#told + 1] = field
        told[#told + 1] = after and record_text(after) or ''
        if after == nil then redis.call('HDEL', account_key(attempt.account), field)
        else redis.call('HSET', account_key(attempt.account), field, told[#told]) end
      end
    end
    if #told == 0 then return false end
    touch(attempt.account, now)
    tell_standing(attempt.account, now, sidecar, told)
    return true
  end

  -- record: the lease where it was held until now; known: also where it ended without a report.
  local function settle(record, known)
    if record ~= nil then free_slot(nonce, record) end
    touch(account, now)
    local same, platform_fault = same_fault(known)

    local f = redis.call('HMGET', key, 'cd', model_field, 'win', 'wt', 'w', 'q', 'b')
    local changes, told, end_before, effect_record = {}, {}, '', ''
    for index, scope in ipairs({ 'ACCOUNT', 'ACCOUNT_MODEL' }) do
      local before, field = f[index] or nil, record_field(scope, model)
      if before and scope == effect_scope then end_before = text_of(record_of(before).ends) end
      local r = next_record(scope, record_of(before), platform_fault)
      f[index] = r and record_text(r)
      if scope == effect_scope then effect_record = f[index] or '' end
      if f[index] ~= before then
        for _, list in ipairs({ changes, told }) do
          list[#list + 1] = field
          list[#list + 1] = f[index] or ''
        end
        if r == nil then redis.call('HDEL', revocable_key(account), field) end
      end
    end
    if c[9] ~= '' then
      f[3] = c[9] .. '|' .. c[10]
      changes[#changes + 1] = 'win'
      changes[#changes + 1] = f[3]
    end
    for _, part in ipairs(spend_into({ f[5], f[6], f[7] }, f[3] or nil)) do changes[#changes + 1] = part end
    write_fields(changes)

    local others = {}
    local standing = #told > 0
    if platform_fault then
      for _, attempt in ipairs(same) do
        if revoke(attempt) then
          others[#others + 1] = figures_of(attempt.account, now)
        end
      end
    end

    local kept = known and known[7] or 0
    if reason == '' then
      write_lease(nonce, { 'settled' }, kept)
    else
      local fault = platform_fault and '1' or '0'
      write_lease(nonce, { 'failed', account, model, known and known[9] or '', c[15], fault, '' }, math.max(kept, 3600000))
    end
    if standing then tell_standing(account, now, sidecar, told) end
    local waiting, in_use = tonumber(f[4] or '0'), slots_in_use(account, now)
    if record ~= nil and waiting > 0 then tell_freed(account, now, in_use) end
    if effect_scope == '' and not platform_fault and not standing
      and (record == nil or (record[3] == account and record[4] == model)) then
      local line = { stamp(now), in_use, waiting, '', '', '', '' }
      if record ~= nil then
        line[4], line[5], line[6], line[7] = text_of(record[5]), text_of(record[6]), text_of(record[7]), record[9]
      end
      for _, part in ipairs(changes) do line[#line + 1] = part end
      return table.concat(line, '\t')
    end
    local held = {}
    if record ~= nil then
      held = { nonce, record[2], account, record[4], text_of(record[5]), text_of(record[6]), text_of(record[7]), record[9] }
    end
    return { 'settled', stamp(now), in_use, waiting, platform_fault and '1' or '0', end_before, effect_record,
      standing and '1' or '0',
      changes, held, others }
  end

  local function answer()
    local record = read_lease(nonce)
    local known = record ~= nil and (record[1] == 'held' or record[1] == 'ended') and lease == nonce .. '.' .. record[2]
      and record or nil
    if known ~= nil and known[1] == 'held' then return settle(known, known) end
    if record ~= nil and (record[1] == 'settled' or record[1] == 'failed') then return duplicate() end
    -- Booked before, and nobody remembers the lease as held: it was settled then.
    if c[7] == 'booked_before' then return duplicate() end
    return settle(nil, known)
  end

  -- It may be over itself, and not among the earliest that are.
  local own = read_lease(nonce)
  if is_held(own, lease, nonce) and own[6] <= now then
    ended[#ended + 1] = { account, drop_lease(nonce, own, now, own[6], timings.probe_timeout, sidecar) and '1' or '0' }
  end
  return answer()
end

return answer_calls(7, 1, ended, moment, function(at) return report(cjson.decode(ARGV[at])) end)
