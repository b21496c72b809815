import { expect, test } from 'vitest';
import { faultLines, parsed } from './parsed.ts';

const file = `
listen: {grpc: ["127.0.0.1:1"], http: "127.0.0.1:2"}
state: {namespace: file}
ledger: {path: file.db}
log: {level: warn}
`;

test('the environment wins over the file, key by key', () => {
  const { settings } = parsed(file, {
    REMORA_GRPC_LISTEN: '127.0.0.1:3, unix:/run/r.sock',
    REMORA_LEDGER_PATH: 'env.db',
    REMORA_LOG_LEVEL: 'debug',
  });
  expect(settings.listen).toEqual({ grpc: ['127.0.0.1:3', 'unix:/run/r.sock'], http: '127.0.0.1:2' });
  expect(settings.state.namespace).toBe('file');
  expect(settings.ledger.path).toBe('env.db');
  expect(settings.logLevel).toBe('debug');
});

test('the environment fills sections the file does not have', () => {
  const { settings } = parsed('accounts: []', { REMORA_HTTP_LISTEN: '127.0.0.1:4', REMORA_NAMESPACE: 'env' });
  expect(settings.listen.http).toBe('127.0.0.1:4');
  expect(settings.state.namespace).toBe('env');
});

test('an empty variable is not set', () => {
  expect(parsed(file, { REMORA_LOG_LEVEL: '', REMORA_NAMESPACE: ' ' }).settings).toEqual(
    parsed(file).settings,
  );
});

test('a fault of the environment names the variable and no line', () => {
  expect(faultLines(file, { REMORA_GRPC_LISTEN: '127.0.0.1:3,nonsense', REMORA_LOG_LEVEL: 'loud' })).toEqual([
    expect.stringMatching(/^- REMORA_GRPC_LISTEN: is "nonsense"; expected host:port or unix:/),
    expect.stringMatching(/^- REMORA_LOG_LEVEL: is "loud"; expected one of trace, debug, /),
  ]);
});

test('a good variable covers a fault of the file', () => {
  const { settings } = parsed('log: {level: loud}', { REMORA_LOG_LEVEL: 'info' });
  expect(settings.logLevel).toBe('info');
});

test('a URL of a shared store is taken from its variable, and refused under that name', () => {
  expect(parsed(file, { REMORA_REDIS_URL: 'redis+cluster://a:1,b:2' }).settings.state.redisUrl).toBe(
    'redis+cluster://a:1,b:2',
  );
  expect(faultLines(file, { REMORA_REDIS_URL: 'http://h' }).join()).toContain('REMORA_REDIS_URL');
});

test('a catalog in Postgres may have its database from the environment', () => {
  const env = { REMORA_DATABASE_URL: 'postgres://h/d' };
  const { settings } = parsed('catalog: {source: postgres}\naccounts: []', env);
  expect(settings.ledger.databaseUrl).toBe('postgres://h/d');
  expect(settings.catalogSource).toBe('postgres');
});

test('a section that is no mapping stays a fault of the file', () => {
  expect(faultLines('log: loud', { REMORA_LOG_LEVEL: 'info' })).toEqual([
    '1 log: is "loud"; expected a mapping of keys to values',
  ]);
});
