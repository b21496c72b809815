import { expect, test } from 'vitest';
import { configKeys } from '../../../src/config/keys.ts';
import { parsed } from './parsed.ts';

const settings = (text: string, env: Record<string, string> = {}) => parsed(text, env).settings;

test('a file that sets nothing has every default', () => {
  expect(settings('accounts: []')).toEqual({
    listen: { grpc: ['127.0.0.1:50051'], http: '127.0.0.1:9464' },
    state: { namespace: 'default', timeoutMs: 100, onOutage: 'local' },
    ledger: { path: './data/remora.db' },
    catalogSource: 'file',
    defaultPlatform: 'anthropic',
    scheduling: {
      tierFallback: false,
      fallbackSelection: 'least_recently_used',
      stickyTtlMs: 3_600_000,
      maxSessions: 1_000_000,
      stickyMaxWaiting: 3,
      stickyWaitTimeoutMs: 45_000,
      fallbackMaxWaiting: 100,
      fallbackWaitTimeoutMs: 30_000,
      leaseTtlMs: 600_000,
    },
    caches: { userGroupRateTtlMs: 30_000, modelsListTtlMs: 15_000, windowCostTtlMs: 30_000 },
    cooldown: {
      standard: { baseMs: 60_000, growth: 5, maxSteps: 3, capMs: 3_600_000 },
      billing: { baseMs: 18_000_000, growth: 2, maxSteps: 10, capMs: 86_400_000 },
      overloaded: { baseMs: 10_000, growth: 5, maxSteps: 3, capMs: 600_000 },
      modelNotFoundMs: 3_600_000,
      forgetAfterMs: 86_400_000,
      hintMinMs: 1_000,
      hintMaxMs: 691_200_000,
      probeAfterMs: 30_000,
      probeTimeoutMs: 10_000,
    },
    exposeCredentials: false,
    logLevel: 'info',
  });
});

test('a section and a key without a value mean their defaults', () => {
  expect(settings('listen:\nscheduling: {sticky_ttl: , tier_fallback: ~}\naccounts:')).toEqual(
    settings('accounts: []'),
  );
});

test.each(['0', '-1', '0s', '-5m', '"-5"', '"0"'])('a time to live of %s means the default', (ttl) => {
  const text = `{scheduling: {sticky_ttl: ${ttl}, lease_ttl: ${ttl}}, caches: {models_list_ttl: ${ttl}}}`;
  expect(settings(text)).toEqual(settings('accounts: []'));
});

test('a part of a schedule can be set by itself', () => {
  const { standard } = settings('cooldown: {standard: {base: 2m}}').cooldown;
  expect(standard).toEqual({ baseMs: 120_000, growth: 5, maxSteps: 3, capMs: 3_600_000 });
});

test('one gRPC address needs no list', () => {
  expect(settings('listen: {grpc: unix:/run/r.sock}').listen.grpc).toEqual(['unix:/run/r.sock']);
});

test('the table of keys states every key with its default and its meaning', () => {
  const keys = new Map(configKeys().map((row) => [row.key, row]));
  expect(keys.get('scheduling.sticky_ttl')).toMatchObject({ default: '1h' });
  expect(keys.get('cooldown.overloaded.cap')).toMatchObject({ default: '10m' });
  expect(keys.get('accounts[].limits.window_cost_sticky_reserve')).toMatchObject({ default: '10' });
  expect(keys.get('listen.grpc')).toMatchObject({ default: '["127.0.0.1:50051"]' });
  expect(keys.get('prices.<name>.cache_read')).toMatchObject({ default: '0' });
  expect([...keys.values()].filter(({ meaning }) => meaning === '')).toEqual([]);
  expect(keys.size).toBe(configKeys().length);
});
