-- Names of keys. KEYS[1] is the hash of the store's own state; all other keys share its prefix, and with it the hash tag: a
-- cluster keeps them in one slot, so a script may reach each of them.
local prefix = string.sub(KEYS[1], 1, -5)
local meta_key = KEYS[1]
local changed_key = prefix .. 'changed'
local deadlines_key = prefix .. 'deadlines'
local sidecars_key = prefix .. 'sidecars'
local voids_key = prefix .. 'voids'
local news_channel = prefix .. 'news'

local function account_key(account) return prefix .. 'account:' .. account end
local function slots_key(account) return prefix .. 'slots:' .. account end
local function sessions_key(account) return prefix .. 'sessions:' .. account end
local function lease_key(nonce) return prefix .. 'lease:' .. nonce end
local function request_key(request) return prefix .. 'request:' .. request end
local function binding_key(session) return prefix .. 'binding:' .. session end
local function revocable_key(account) return prefix .. 'revocable:' .. account end
local function turns_key(account) return prefix .. 'turns:' .. account end
local function waiting_key(sidecar) return prefix .. 'waiting:' .. sidecar end

-- Lua's own tostring keeps 14 digits; a time with its fraction has 16.
local function text_of(number) return string.format('%.17g', number) end
