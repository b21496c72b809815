import { describe, expect, it } from 'vitest';
import { createLogger, type LogLevel } from '../../../src/telemetry/logger.ts';

function capture(level: LogLevel = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ level, destination: { write: (line) => lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the logger', () => {
  it('writes one JSON object per line with level, ISO time and sentence, and no host or pid', () => {
    const { logger, lines, last } = capture();
    logger.info({ accountId: 'a' }, 'account picked');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\}\n$/);
    const { time, ...rest } = last();
    expect(rest).toEqual({ level: 'info', accountId: 'a', msg: 'account picked' });
    expect(new Date(String(time)).toISOString()).toBe(time);
  });

  it('keeps to its level', () => {
    const { logger, lines } = capture('warn');
    logger.info('not this');
    logger.warn('this');
    expect(lines).toHaveLength(1);
    expect(logger.isLevelEnabled('info')).toBe(false);
    expect(logger.isLevelEnabled('error')).toBe(true);
  });

  it('gives a child its fields', () => {
    const { logger, last } = capture();
    logger.child({ listener: 'grpc' }).error('port taken');
    expect(last()).toMatchObject({ level: 'error', listener: 'grpc', msg: 'port taken' });
  });

  it('shows an error with its type, words and stack', () => {
    const { logger, last } = capture();
    logger.error({ err: new TypeError('no such thing') }, 'failed');
    expect(last().err).toMatchObject({ type: 'TypeError', message: 'no such thing' });
    expect((last().err as { stack: string }).stack).toContain('logger.test.ts');
  });
});

describe('secrets', () => {
  const secret = 'sk-very-secret';
  const hidden: readonly [string, Record<string, unknown>][] = [
    ['a credential', { credential: secret }],
    ['one inside', { account: { id: 'a', credential: { value: secret } } }],
    ['one far inside', { a: { b: { c: [{ d: { credential: secret } }] } } }],
    [
      'a header in any case',
      { headers: { Authorization: secret, 'X-Api-Key': secret, 'set-cookie': [secret] } },
    ],
    [
      'keys of every spelling',
      { api_keys: [secret], apiKey: secret, 'api-key': secret, x_goog_api_key: secret },
    ],
    ['tokens', { token: secret, access_token: secret, refreshToken: secret, sessionToken: secret }],
    [
      'passwords and cookies',
      { password: secret, clientSecret: secret, cookie: secret, secretAccessKey: secret },
    ],
    [
      'one hung on an error',
      { err: Object.assign(new Error('x'), { config: { headers: { authorization: secret } } }) },
    ],
    ['one on an error under another name', { cause: Object.assign(new Error('x'), { token: secret }) }],
    ['one in an address', { url: `redis://user:${secret}@cache:6379/0` }],
    ['one in the words of an error', { err: new Error(`connect to postgres://u:${secret}@db/x failed`) }],
    ['a bearer token in a text', { body: `header was "Authorization: Bearer ${secret}", refused` }],
    ['one that toJSON brings', { account: { toJSON: () => ({ api_key: secret }) } }],
  ];

  it.each(hidden)('%s is masked', (_what, fields) => {
    const { logger, lines } = capture();
    logger.info(fields, 'line');
    logger.child(fields).info('line of a child');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).not.toContain(secret);
      expect(line).toContain('***');
    }
  });

  it('are told from what only sounds like them', () => {
    const { logger, last } = capture();
    const fields = {
      inputTokens: 12,
      max_tokens: 5,
      keyIndex: 1,
      credentials_expose: false,
      url: 'http://h:80/a@b',
    };
    logger.info(fields, 'line');
    expect(last()).toMatchObject(fields);
  });

  it('that are missing are shown to be', () => {
    const { logger, last } = capture();
    logger.info({ credential: '', token: null }, 'line');
    expect(last()).toMatchObject({ credential: '', token: null });
  });
});

it('a line that goes round in circles is cut, not fatal', () => {
  const { logger, lines } = capture();
  const round: Record<string, unknown> = { name: 'round' };
  round.self = round;
  logger.info(round, 'line');
  expect(lines[0]).toContain('[deeper]');
});
