import { expect, test } from 'vitest';
import { faultLines } from './parsed.ts';

/** A file with an account that is wrong in one way. */
const account = (text: string) => `accounts:\n  - {id: a, platform: p, ${text}}`;

test.each([
  ['listen: {grpc: []}', /^1 listen\.grpc: is an empty list/],
  ['listen: {grpc: [":50051"]}', /^1 listen\.grpc\[0\]: is ":50051"; .*every interface is 0\.0\.0\.0:50051/],
  ['listen: {http: 9464}', /^1 listen\.http: is 9464; .*every interface is 0\.0\.0\.0:9464/],
  ['listen: {http: 10.0.0.1:99999}', /^1 listen\.http: is "10\.0\.0\.1:99999"/],
  ['listen: {htp: 1}', /^1 listen\.htp: is not a known key; the nearest known one is http/],
  ['tier_fallback: true', /^1 tier_fallback: .* nearest known one is scheduling\.tier_fallback/],
  ['state: {timeout: 30}', /^1 state\.timeout: is 30; .*a number needs its unit: 30ms, 30s/],
  ['state: {timeout: 2h}', /^1 state\.timeout: is "2h"; expected a duration .*1ms to 1m/],
  ['state: {namespace: "a:b"}', /^1 state\.namespace: is "a:b"/],
  ['state: {redis_url: "redis+sentinel://h"}', /^1 state\.redis_url: .*name of the master: \/mymaster/],
  ['state: {redis_url: "redis+cluster://a,b/1"}', /^1 state\.redis_url: .*no databases/],
  ['state: {redis_url: "redis://h:99999"}', /^1 state\.redis_url: .*host or host:port/],
  ['state: {redis_url: "http://h"}', /^1 state\.redis_url: .*expected a URL such as redis:/],
  ['catalog: {source: postgres}', /^1 catalog\.source: is postgres, and no database is named; set ledger/],
  [
    'catalog: {source: postgres}\nledger: {database_url: "postgres://h/d"}\ngroups: [{id: g}]',
    /^3 groups: has no effect while catalog\.source is postgres; move it to the table groups/,
  ],
  ['ledger: {database_url: "mysql://h/d"}', /^1 ledger\.database_url: .*expected a URL such as postgres:/],
  ['catalog: {source: consul}', /^1 catalog\.source: is "consul"; expected one of file, postgres/],
  ['scheduling: {lease_ttl: 2h}', /^1 scheduling\.lease_ttl: is "2h"; .*1s to 1h/],
  ['scheduling: {lease_ttl: 5}', /^1 scheduling\.lease_ttl: is 5; .*needs its unit/],
  ['scheduling: {sticky_wait_timeout: -1s}', /^1 scheduling\.sticky_wait_timeout: is "-1s"/],
  [
    'scheduling: {max_sessions: 999}',
    /^1 scheduling\.max_sessions: is 999; expected a whole number, 1000 or more/,
  ],
  [
    'scheduling: {sticky_max_waiting: 1.5}',
    /^1 scheduling\.sticky_max_waiting: is 1\.5; expected a whole number/,
  ],
  ['scheduling: {tier_fallback: "yes"}', /^1 scheduling\.tier_fallback: is "yes"; expected true or false/],
  ['cooldown: {standard: {growth: 0}}', /^1 cooldown\.standard\.growth: is 0; expected a number, 1 or more/],
  ['cooldown: {hint_min: 2h, hint_max: 1h}', /^1 cooldown\.hint_min: is longer than hint_max/],
  ['default_platform: ""', /^1 default_platform: is empty; expected a platform/],
  ['groups: {id: a}', /^1 groups: is a mapping; expected a list of groups \(put a - before each\)/],
  ['groups: [default]', /^1 groups\[0\]: is "default"; expected a mapping/],
  ['groups: [{platform: p}]', /^1 groups\[0\]\.id: is missing/],
  ['groups: [{id: g, rate_multiplier: -1}]', /^1 groups\[0\]\.rate_multiplier: is -1/],
  ['groups: [{id: g, user_rates: {bob: .nan}}]', /^1 groups\[0\]\.user_rates\.bob: is NaN/],
  ['groups: [{id: g}, {id: g}]', /^1 groups\[1\]\.id: is "g", as groups\[0\]\.id is/],
  ['groups: [{id: g, model_routing: {m: [x]}}]', /^1 groups\[0\]\.model_routing\.m\[0\]: names account "x"/],
  ['groups: [{id: g, model_routing: {"a*b": []}}]', /^1 groups\[0\]\.model_routing\["a\*b"\]: .*pattern/],
  ['models: [{name: m, fallbacks: ["x-*"]}]', /^1 models\[0\]\.fallbacks\[0\]: is "x-\*"/],
  ['models: [{name: m}, {name: m}]', /^1 models\[1\]\.name: is "m", as models\[0\]\.name is/],
  ['prices: {m: {input: -1}}', /^1 prices\.m\.input: is -1/],
  ['prices: {m: {input: .inf}}', /^1 prices\.m\.input: is Infinity/],
  ['prices: {m: {output: "3"}}', /^1 prices\.m\.output: is "3"; .*leave out the quotes/],
  ['prices: {"claude-*": {outpt: 3}}', /^1 prices\["claude-\*"\]\.outpt: .* nearest known one is output/],
  ['accounts: [{id: a}]', /^1 accounts\[0\]\.platform: is missing/],
  ['accounts: [{id: "", platform: p}]', /^1 accounts\[0\]\.id: is empty; expected an id/],
  ['accounts: [{id: "a\\tb", platform: p}]', /^1 accounts\[0\]\.id: .*without control characters/],
  [`accounts: [{id: ${'é'.repeat(129)}, platform: p}]`, /^1 accounts\[0\]\.id: .*1 to 256 bytes/],
  ['accounts: [{id: 7, platform: p}]', /^1 accounts\[0\]\.id: is 7; .*put it in quotes/],
  [
    account('groups: [nowhere]'),
    /^2 accounts\[0\]\.groups\[0\]: names group "nowhere", which is not declared/,
  ],
  [account('concurrency: -1'), /^2 accounts\[0\]\.concurrency: is -1; expected a whole number, 0 or more/],
  [
    account('limits: {rmp: 1}'),
    /^2 accounts\[0\]\.limits\.rmp: is not a known key; the nearest known one is rpm/,
  ],
  [account('rpm: 1'), /^2 accounts\[0\]\.rpm: is not a known key; the nearest known one is limits\.rpm/],
  [account('limits: {quota: {daily: x}}'), /^2 accounts\[0\]\.limits\.quota\.daily: is "x"/],
  [account('limits: {session_idle: 0s}'), /^2 accounts\[0\]\.limits\.session_idle: is "0s"/],
  [
    account('limits: {rpm_strategy: none}'),
    /^2 accounts\[0\]\.limits\.rpm_strategy: is "none"; expected one of tiered/,
  ],
  [account('status: on'), /^2 accounts\[0\]\.status: is "on"; expected one of active, disabled, error/],
  [account('expires_at: 2027-02-30'), /^2 accounts\[0\]\.expires_at: is "2027-02-30"; expected a date/],
  [account('expires_at: 2027-02-20T10:00:00'), /^2 accounts\[0\]\.expires_at: .*2027-01-31T12:00:00Z/],
  [account('models: claude'), /^2 accounts\[0\]\.models: is "claude"; expected a list/],
  [
    account('models: ["a*b"]'),
    /^2 accounts\[0\]\.models\[0\]: is "a\*b"; expected a model name, or a pattern/,
  ],
  [account('models: {a: b-*}'), /^2 accounts\[0\]\.models\.a: is "b-\*"; a \* here takes over/],
  [account('base_url: api.example.com'), /^2 accounts\[0\]\.base_url: is text; expected a URL such as/],
  [account('labels: {zone: 1}'), /^2 accounts\[0\]\.labels\.zone: is 1; expected text \(put it in quotes\)/],
  [account('api_keys: []'), /^2 accounts\[0\]\.api_keys: is an empty list; expected at least one key/],
  [account('api_keys: [""]'), /^2 accounts\[0\]\.api_keys\[0\]: is empty; expected a key as text/],
  [account('credential: {}'), /^2 accounts\[0\]\.credential: is a mapping; expected one of \{env: NAME\}/],
  [account('credential: {env: A, file: b}'), /^2 accounts\[0\]\.credential: .*it has env and file/],
  [account('credential: {valeu: x}'), /^2 accounts\[0\]\.credential: .*valeu .* nearest known one is value/],
  [account('credential: {value: }'), /^2 accounts\[0\]\.credential: is without a value/],
  [
    `${account('api_keys: [k1, k2]')}\n  - {id: a__key_1, platform: p}`,
    /^2 accounts\[0\]\.api_keys: makes an account "a__key_1" .* accounts\[1\] has that id/,
  ],
  [
    `${account('priority: 1')}\n  - {id: a, platform: p}`,
    /^3 accounts\[1\]\.id: is "a", as accounts\[0\]\.id is/,
  ],
])('%s', (text, fault) => {
  const lines = faultLines(text);
  expect(lines).toEqual([expect.stringMatching(fault)]);
});

test('every fault is told, each once, in the order of the lines', () => {
  const lines = faultLines(`
listen: {grpc: nonsense}
accounts:
  - id: a
    platform: p
    limits: {rpm: -1, sessions: -1}
    groups: [x]
  - platform: p
prices: {m: {input: -1}}
credentials: {exposé: true}
`);
  expect(lines.map((line) => line.replace(/:.*/, ''))).toEqual([
    '2 listen.grpc[0]',
    '6 accounts[0].limits.rpm',
    '6 accounts[0].limits.sessions',
    '7 accounts[0].groups[0]',
    '8 accounts[1].id',
    '9 prices.m.input',
    '10 credentials["exposé"]',
  ]);
});

test('a route to an account outside the group says how to mend it', () => {
  const text = 'groups: [{id: g, model_routing: {m: [a]}}]\naccounts: [{id: a, platform: p}]';
  expect(faultLines(text)).toEqual([
    '1 groups[0].model_routing.m[0]: names account "a", which is not in the group; add "g" to its groups',
  ]);
});

test.each([
  ['grpc: ["127.0.0.1:1", "0.0.0.0:2"]', '0.0.0.0:2'],
  ['http: "[::]:9464"', '[::]:9464'],
  ['grpc: example.com:1', 'example.com:1'],
])('credentials are not exposed while {%s} listens', (listen, open) => {
  expect(faultLines(`listen: {${listen}}\ncredentials: {expose: true}`)).toEqual([
    expect.stringContaining(`2 credentials.expose: is true while ${open} can be reached from other machines`),
  ]);
});

test('an open listener is found although the catalog has faults too', () => {
  const text = 'listen: {http: "0.0.0.0:1"}\ncredentials: {expose: true}\naccounts: [{id: a}]';
  expect(faultLines(text)).toHaveLength(2);
});

test('two listeners do not share an address', () => {
  expect(faultLines('listen: {grpc: "127.0.0.1:7", http: "127.0.0.1:7"}')).toEqual([
    '1 listen.http: is 127.0.0.1:7, where another listener listens already',
  ]);
});
