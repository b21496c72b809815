-- A cooldown record's life, step for step that of src/failover/cooldown.ts. A record is the text
--   failures|billing failures|last failure|start|end|reason|source|probe due|probe's lease|probe's start
-- in the account's hash: field `cd` for the account, `cd:<model>` for one model of it. Texts are equal exactly where records are.
local function record_of(text)
  if not text then return nil end
  local f = {}
  for part in string.gmatch(text .. '|', '([^|]*)|') do f[#f + 1] = part end
  return {
    failures = tonumber(f[1]), billing = tonumber(f[2]), last = tonumber(f[3]), start = tonumber(f[4]),
    ends = tonumber(f[5]), reason = f[6], source = f[7], due = f[8] == '1', probe = f[9], since = tonumber(f[10]),
  }
end

local function record_text(r)
  return table.concat({
    r.failures, r.billing, text_of(r.last), text_of(r.start), text_of(r.ends), r.reason, r.source,
    r.due and '1' or '0', r.probe or '', text_of(r.since or 0),
  }, '|')
end

local function record_field(scope, model)
  if scope == 'ACCOUNT' then return 'cd' end
  return 'cd:' .. model
end

local function gate_of(r, now, probe_timeout)
  if r == nil then return 'open' end
  if r.ends > now then return 'cooling' end
  if not r.due then return 'open' end
  if r.probe == '' then return 'probe_due' end
  if now - r.since < probe_timeout then return 'probing' end
  return 'open'
end

local function after_success(r, granted, now, probe_timeout)
  if r == nil then return nil end
  local gate = gate_of(r, now, probe_timeout)
  if gate == 'cooling' and r.reason == 'BILLING' then return r end
  if gate ~= 'open' and granted <= r.start then return r end
  return nil
end

local function after_caller_fault(r, lease)
  if r ~= nil and r.probe == lease then
    r.probe, r.since, r.due = '', 0, false
  end
  return r
end

local function after_probe_lost(r, lease, now, probe_timeout)
  if r ~= nil and r.probe == lease then
    r.due = now - r.since < probe_timeout
    r.probe, r.since = '', 0
  end
  return r
end
