import { expect, test } from 'vitest';
import { buildCatalog } from '../../../src/catalog/build.ts';
import { checkConfigValue } from '../../../src/config/parse.ts';
import { catalogFrom } from '../config/parsed.ts';

const account = (text: string) =>
  catalogFrom(`accounts:\n  - {id: a, platform: p, ${text}}`).accounts.get('a');

test.each([
  ['type: oauth', 'oauth', 0],
  ['type: setup_token', 'setup_token', 0],
  ['type: something_new', 'other', 0],
  ['priority: 1', 'other', 0],
  ['type: api_key', 'api_key', 1],
  ['api_keys: [k]', 'api_key', 1],
  ['type: bedrock', 'bedrock', 2],
])('an account with %s is of type %s and tier %i', (text, type, tier) => {
  expect(account(text)).toMatchObject({ type, tier });
});

test('the load factor is the concurrency unless given', () => {
  expect(account('concurrency: 7')?.loadFactor).toBe(7);
  expect(account('concurrency: 7, load_factor: 20')?.loadFactor).toBe(20);
  expect(account('concurrency: 7, load_factor: 0')?.loadFactor).toBe(7);
  expect(account('priority: 1')?.loadFactor).toBe(0);
});

test.each([
  ['concurrency: 4, limits: {sessions: 5, rpm: 100}', 20],
  ['concurrency: 20, limits: {sessions: 5, rpm: 100}', 25],
  ['limits: {rpm: 3}', 1],
  ['limits: {rpm: 100, rpm_sticky_buffer: 0}', 0],
])('the rpm sticky buffer of {%s} is %i', (text, buffer) => {
  expect(account(text)?.limits.rpmStickyBuffer).toBe(buffer);
});

test('accounts share their limits and models where these are the same, and nowhere else', () => {
  const { accounts } = catalogFrom(`accounts:
  - {id: a, platform: p, models: [m], limits: {rpm: 3}}
  - {id: b, platform: p, models: [m], limits: {rpm: 3}}
  - {id: c, platform: p, models: {m: n}, limits: {rpm: 4}}`);
  const [a, b, c] = [...accounts.values()];
  expect(b?.limits).toBe(a?.limits);
  expect(b?.models).toBe(a?.models);
  expect(c?.limits.rpm).toBe(4);
  expect(c?.models.upstreamOf('m')).toBe('n');
});

test('an account that says nothing more has the stated defaults', () => {
  expect(account('priority: 50')).toEqual({
    id: 'a',
    name: 'a',
    platform: 'p',
    type: 'other',
    tier: 0,
    groupIds: [],
    status: 'active',
    statusReason: '',
    schedulable: true,
    priority: 50,
    concurrency: 0,
    loadFactor: 0,
    models: expect.objectContaining({ unrestricted: true }),
    mixedScheduling: false,
    baseUrl: '',
    proxyUrl: '',
    labels: {},
    limits: {
      windowCost: 0,
      windowCostStickyReserve: 10,
      rpm: 0,
      rpmStrategy: 'tiered',
      rpmStickyBuffer: 1,
      sessions: 0,
      sessionIdleMs: 300_000,
      quota: { daily: 0, weekly: 0, total: 0 },
    },
  });
});

test('an active account whose credential is missing is in error and says why; a disabled one stays disabled', () => {
  expect(account('credential: {env: NOT_THERE}')).toMatchObject({
    status: 'error',
    statusReason: 'credential: environment variable NOT_THERE is not set',
  });
  expect(account('status: disabled, credential: {env: NOT_THERE}')).toMatchObject({
    status: 'disabled',
    statusReason: '',
  });
});

test('prices are found by exact name, else by the longest pattern', () => {
  const catalog = catalogFrom(`
prices:
  claude-*: {input: 1}
  claude-opus-*: {input: 2, output: 3, cache_read: 4, cache_creation: 5}
  claude-opus-4: {input: 6}
`);
  expect(catalog.priceOf('claude-opus-4')).toEqual({ input: 6, output: 0, cacheRead: 0, cacheCreation: 0 });
  expect(catalog.priceOf('claude-opus-5')).toEqual({ input: 2, output: 3, cacheRead: 4, cacheCreation: 5 });
  expect(catalog.priceOf('claude-x')?.input).toBe(1);
  expect(catalog.priceOf('gpt')).toBeUndefined();
});

test('a group keeps its rates, platform and tier setting', () => {
  const group = catalogFrom(
    'groups: [{id: g, platform: zhipu, rate_multiplier: 1.5, tier_fallback: true, user_rates: {bob: 1.7, constructor: 2}}]',
  ).groups.get('g');
  expect(group).toMatchObject({ platform: 'zhipu', rateMultiplier: 1.5, tierFallback: true });
  expect(group?.userRates).toEqual(
    new Map([
      ['bob', 1.7],
      ['constructor', 2],
    ]),
  );
});

test('ten thousand accounts build into one pool', () => {
  const accounts = Array.from({ length: 10_000 }, (_, n) => ({
    id: `a${n}`,
    platform: 'anthropic',
    groups: ['g'],
  }));
  const checked = checkConfigValue({ value: { groups: [{ id: 'g' }], accounts }, directory: '/', env: {} });
  if (!checked.ok) throw new Error('not valid');
  const catalog = buildCatalog(checked.config.declaration, { version: 1 });
  const query = { groupId: 'g', platform: 'anthropic', platformForced: false, model: 'm' };
  expect(catalog.candidates(query)).toHaveLength(10_000);
});
