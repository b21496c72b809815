-- Claims the first account of a short list that still fits, and gives it a lease: one atomic step, one round trip.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now            2 nonce          3 lease's length   4 group          5 model          6 request key, '' for none
--      7  payload        8 session id, '' for none            9 session key   10 binding's length
--      11 account the session is taken to be bound to        12 '1': the binding must be that
--      13 probe timeout  14 sidecar       15 number of candidates, then six each:
--         account, lease suffix, concurrency, rpm limit, session limit, session idle time (0: no limit)
--      then the marks (see the lease's record), up to the end
-- Returns { 'granted', candidate's index from 0, slots in use, stamp, account's record, record of account and model,
--           sessions and when the idlest was seen, where the candidate has a limit of them, else '' }
--         { 'replayed', nonce, suffix, account, model, granted, ends, ttl, payload }
--         { 'differs', account or '', '1' if the session counts as seen there, binding's end, stamp, figures or nothing }
--         { 'none', stamp, verdicts, figures of each candidate }
--         { 'stale' } where the nonce was used: a claim its sender gave up on, come late
--         each within { answer, leases that were over on the way (see sweep), figures of their accounts, stamp of these }
-- Times are the claimant's clock, in milliseconds; Redis' own is never asked. Sidecars' clocks must agree within the shortest
-- cooldown. Keys have lives of their own only so that garbage goes; nothing is decided by them.
--- include keys stamp cooldown news slots lease figures sweep rpm binding

local now, nonce, ttl, group, model = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local request, session, session_key, assumed = ARGV[6], ARGV[8], ARGV[9], ARGV[11]
local probe_timeout, sidecar, count = tonumber(ARGV[13]), ARGV[14], tonumber(ARGV[15])
local model_field = 'cd:' .. model

local function claim()
  if request ~= '' then
    local known = redis.call('GET', request_key(request))
    local record = known and read_lease(known)
    if record and record[1] == 'held' and record[6] > now then
      return { 'replayed', known, record[2], record[3], record[4], text_of(record[5]), text_of(record[6]),
        text_of(record[7]), record[9] }
    end
  end

  local bound, bound_until = '', 0
  if session ~= '' then bound, bound_until = binding_read(session_key, group, session, now) end
  if ARGV[12] == '1' then
    if bound ~= assumed then
      if bound == '' then return { 'differs', '', '0', '0', '0' } end
      local figures = figures_of(bound, now)
      local seen = redis.call('ZSCORE', sessions_key(bound), session_key)
      return { 'differs', bound, seen and '1' or '0', text_of(bound_until), redis.call('HGET', meta_key, 'stamp') or '0',
        figures }
    end
  end

  local function verdict_of(at)
    local account, limit = ARGV[at], tonumber(ARGV[at + 2])
    local rpm_limit, session_limit = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
    local f = redis.call('HMGET', account_key(account), 'rpm', 'si', 'cd', model_field)
    local own, of_model = record_of(f[3]), record_of(f[4])
    local own_gate, model_gate = gate_of(own, now, probe_timeout), gate_of(of_model, now, probe_timeout)
    if own_gate == 'cooling' then return 'COOLING_DOWN' end
    if model_gate == 'cooling' then return 'MODEL_COOLING_DOWN' end
    if rpm_limit > 0 then
      local _, total = rpm_read(f[1], now)
      if total >= rpm_limit then return 'RPM_EXCEEDED' end
    end
    if session_limit > 0 and session ~= '' then
      local since = now - tonumber(ARGV[at + 5])
      local seen = redis.call('ZSCORE', sessions_key(account), session_key)
      if not (seen and tonumber(seen) > since)
        and redis.call('ZCOUNT', sessions_key(account), '(' .. text_of(since), '+inf') >= session_limit then
        return 'SESSION_LIMIT'
      end
    end
    if own_gate == 'probing' or model_gate == 'probing' then return 'PROBING' end
    local in_use = slots_in_use(account, now)
    if limit > 0 and in_use >= limit then return 'CONCURRENCY_FULL' end
    return 'ELIGIBLE', in_use, f, own_gate == 'probe_due' and own, model_gate == 'probe_due' and of_model
  end

  local verdicts = {}
  for index = 0, count - 1 do
    local at = 16 + index * 6
    local verdict, in_use, f, own_due, model_due = verdict_of(at)
    if verdict == 'ELIGIBLE' then
      local account, suffix, idle = ARGV[at], ARGV[at + 1], ARGV[at + 5]
      local ends = now + ttl
      local record = { 'held', suffix, account, model, now, ends, ttl, request, ARGV[7],
        { unpack(ARGV, 16 + count * 6) }, sidecar }
      local kept_ms = string.format('%.0f', ttl + garbage_ms)
      if not redis.call('SET', lease_key(nonce), cmsgpack.pack(record), 'PX', kept_ms, 'NX') then return { 'stale' } end
      redis.call('ZADD', slots_key(account), text_of(ends), nonce)
      redis.call('ZADD', deadlines_key, text_of(ends), nonce)
      if request ~= '' then redis.call('SET', request_key(request), nonce, 'PX', kept_ms) end
      touch(account, now)
      local made = stamp(now)
      local own_text, model_text = f[3], f[4]
      local changes = { 'lu', made, 'rpm', rpm_added(f[1], now) }
      local told = {}
      local function send_probe(field, r)
        r.probe, r.since = nonce .. '.' .. suffix, now
        local text = record_text(r)
        for _, list in ipairs({ changes, told }) do
          list[#list + 1] = field
          list[#list + 1] = text
        end
        return text
      end
      if own_due then own_text = send_probe('cd', own_due) end
      if model_due then model_text = send_probe(model_field, model_due) end
      if session ~= '' then
        if bound ~= '' and bound ~= account then redis.call('ZREM', sessions_key(bound), session_key) end
        binding_write(session_key, account, now + tonumber(ARGV[10]), made, tonumber(ARGV[10]) + garbage_ms)
        redis.call('ZADD', sessions_key(account), text_of(now), session_key)
        if f[2] ~= idle then
          changes[#changes + 1] = 'si'
          changes[#changes + 1] = idle
        end
      end
      redis.call('HSET', account_key(account), unpack(changes))
      if #told > 0 then tell_standing(account, now, sidecar, told) end
      local sessions, oldest = '', ''
      if session ~= '' and tonumber(ARGV[at + 4]) > 0 then
        sessions, oldest = sessions_seen(account, now, idle)
      end
      return { 'granted', index, in_use + 1, made, own_text or '', model_text or '', sessions, oldest }
    end
    verdicts[index + 1] = verdict
  end

  local figures = {}
  for index = 0, count - 1 do figures[index + 1] = figures_of(ARGV[16 + index * 6], now) end
  return { 'none', redis.call('HGET', meta_key, 'stamp') or '0', verdicts, figures }
end

local ended = sweep(now, 20, probe_timeout, sidecar)
local figures = figures_of_ended(ended, now)
return { claim(), ended, figures, #ended > 0 and stamp(now) or '0' }
