-- Claims the first account of a short list that still fits, and gives it a lease: one atomic step, one round trip. Claims made at
-- the same time share that trip: each is a step of its own, done one after the other.
--
-- KEYS 1  the store's own hash
-- ARGV 1  now, to find leases that are over   2 sidecar   3 probe timeout   then two for each claim: a JSON list, and the payload
--   list  1 now            2 nonce          3 lease's length   4 group          5 model          6 request key, '' for none
--         7 session id, '' for none         8 binding's length 9 account the session is taken to be bound to
--         10 whether the binding must be that                  11 the marks (see the lease's record)
--         12 number of candidates, then six each: account, lease suffix, concurrency, rpm limit, session limit, session idle
--            time (0: no limit)
-- Returns what includes/calls.lua says; a claim's answer is
--         the line  candidate's index from 0, slots in use, stamp, account's record, record of account and model,
--           sessions and when the idlest was seen, where the candidate has a limit of them, else '', where it was granted
--         { 'replayed', nonce, suffix, account, model, granted, ends, ttl, payload }
--         { 'differs', account or '', '1' if the session counts as seen there, binding's end, stamp, figures or nothing }
--         { 'none', stamp, verdicts, figures of each candidate }
--         { 'stale' } where the nonce was used: a claim its sender gave up on, come late
-- Times are the claimant's clock, in milliseconds; Redis' own is never asked. Sidecars' clocks must agree within the shortest
-- cooldown. Keys have lives of their own only so that garbage goes; nothing is decided by them.
--- include keys stamp cooldown news slots lease figures sweep rpm binding calls

local moment, sidecar, probe_timeout = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])

local function claim(c, payload)
  local now, nonce, ttl, group, model, request = c[1], c[2], c[3], c[4], c[5], c[6]
  local session, binding_length, assumed, count = c[7], c[8], c[9], c[12]
  local session_key = session_key_of(group, session)
  local model_field = 'cd:' .. model

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
  if c[10] then
    if bound ~= assumed then
      if bound == '' then return { 'differs', '', '0', '0', '0' } end
      local figures = figures_of(bound, now)
      local seen = redis.call('ZSCORE', sessions_key(bound), session_key)
      return { 'differs', bound, seen and '1' or '0', text_of(bound_until), redis.call('HGET', meta_key, 'stamp') or '0',
        figures }
    end
  end

  local function verdict_of(at)
    local account, limit, rpm_limit, session_limit = c[at], c[at + 2], c[at + 3], c[at + 4]
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
      local since = now - c[at + 5]
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
    local at = 13 + index * 6
    local verdict, in_use, f, own_due, model_due = verdict_of(at)
    if verdict == 'ELIGIBLE' then
      local account, suffix, idle = c[at], c[at + 1], text_of(c[at + 5])
      local ends = now + ttl
      local record = { 'held', suffix, account, model, now, ends, ttl, request, payload, c[11], sidecar }
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
        binding_write(session_key, account, now + binding_length, made, binding_length + garbage_ms)
        redis.call('ZADD', sessions_key(account), text_of(now), session_key)
        if f[2] ~= idle then
          changes[#changes + 1] = 'si'
          changes[#changes + 1] = idle
        end
      end
      redis.call('HSET', account_key(account), unpack(changes))
      if #told > 0 then tell_standing(account, now, sidecar, told) end
      local sessions, oldest = '', ''
      if session ~= '' and c[at + 4] > 0 then
        sessions, oldest = sessions_seen(account, now, idle)
      end
      return table.concat({ index, in_use + 1, made, own_text or '', model_text or '', sessions, oldest }, '\t')
    end
    verdicts[index + 1] = verdict
  end

  local figures = {}
  for index = 0, count - 1 do figures[index + 1] = figures_of(c[13 + index * 6], now) end
  return { 'none', redis.call('HGET', meta_key, 'stamp') or '0', verdicts, figures }
end

local ended = sweep(moment, 20, probe_timeout, sidecar)
return answer_calls(4, 2, ended, moment, function(at) return claim(cjson.decode(ARGV[at]), ARGV[at + 1]) end)
