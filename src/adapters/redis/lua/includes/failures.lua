-- What failures make of a cooldown record, step for step as src/failover/cooldown-failures.ts has it. A record's latest failures
-- that may yet be taken back are kept beside it, in a hash of their own under the record's field: { record before them or '',
-- { failure, ... } }. A failure is
--   { lease, granted, at, '1' if it may be taken back, reason, base, growth, most steps, cap, hint or '' }
-- timings: forget, probe_after, probe_timeout
local max_revocable = 256

local function cool(r, failure, timings)
  local granted, at, reason = failure[2], failure[3], failure[5]
  local running = r ~= nil and r.ends > at
  local remembered = r ~= nil and at - r.last < timings.forget
  local failures = remembered and r.failures or 0
  local billing = remembered and r.billing or 0
  local same_incident = running and granted <= r.start
  local step = same_incident and 0 or 1
  local n
  if reason == 'BILLING' then
    billing = math.max(1, billing + step)
    n = billing
  else
    failures = math.max(1, failures + step)
    n = failures
  end
  local start = same_incident and r.start or at
  local ends = tonumber(failure[10])
    or start + math.min(failure[9], failure[6] * failure[7] ^ math.min(n - 1, failure[8]))
  local keeps_end = running and r.ends >= ends
  if keeps_end then ends = r.ends end
  local source = failure[10] == '' and 'SCHEDULE' or 'UPSTREAM_HINT'
  return {
    failures = failures, billing = billing, last = at, start = start, ends = ends,
    reason = keeps_end and r.reason or reason, source = keeps_end and r.source or source,
    due = (keeps_end and r.due) or ends - start >= timings.probe_after, probe = '', since = 0,
  }
end

local function replay(before, failures, timings)
  local r = record_of(before ~= '' and before)
  for _, failure in ipairs(failures) do r = cool(r, failure, timings) end
  return r
end

-- The record without its probe, as text; '' for none.
local function bare_text(r)
  if r == nil then return '' end
  local probe, since = r.probe, r.since
  r.probe, r.since = '', 0
  local text = record_text(r)
  r.probe, r.since = probe, since
  return text
end

local function after_failure(account, field, r, failure, timings)
  local key = revocable_key(account)
  local kept = redis.call('HGET', key, field)
  if kept then
    local before, failures = unpack(cmsgpack.unpack(kept))
    failures[#failures + 1] = failure
    if #failures > max_revocable then
      before = record_text(replay(before, { table.remove(failures, 1) }, timings))
    end
    redis.call('HSET', key, field, cmsgpack.pack({ before, failures }))
  elseif failure[4] == '1' then
    redis.call('HSET', key, field, cmsgpack.pack({ bare_text(r), { failure } }))
  end
  return cool(r, failure, timings)
end

-- The record as it would be had the failure of this lease never happened, and whether that is another than it is.
local function after_revocation(account, field, r, lease, timings)
  local key = revocable_key(account)
  local kept = r ~= nil and redis.call('HGET', key, field)
  if not kept then return r, false end
  local before, failures = unpack(cmsgpack.unpack(kept))
  local left, revocable = {}, false
  for _, failure in ipairs(failures) do
    if failure[1] ~= lease then
      left[#left + 1] = failure
      revocable = revocable or failure[4] == '1'
    end
  end
  if #left == #failures then return r, false end
  if revocable then redis.call('HSET', key, field, cmsgpack.pack({ before, left }))
  else redis.call('HDEL', key, field) end
  local next_record = replay(before, left, timings)
  if next_record == nil then return nil, true end
  local opened = not r.due and replay(before, failures, timings).due
  next_record.due = next_record.due and not opened
  next_record.probe, next_record.since = r.probe, r.since
  return next_record, true
end
