import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { describeSettings } from '../../../src/config/describe.ts';
import { maskUrl } from '../../../src/config/mask-url.ts';
import { catalogFrom, faultLines, parsed } from './parsed.ts';

const secrets = ['SECRET-value', 'SECRET-key-1', 'SECRET-key-2', 'SECRET-env', 'SECRET-proxy', 'SECRET-base'];

const text = `
accounts:
  - {id: a, platform: p, credential: {value: SECRET-value}, proxy_url: "http://user:SECRET-proxy@proxy:3128"}
  - {id: b, platform: p, api_keys: [SECRET-key-1, {value: SECRET-key-2}], base_url: "https://h/x?api_key=SECRET-base&v=1"}
  - {id: c, platform: p, credential: {env: KEY}}
`;

const env = { KEY: 'SECRET-env' };

test('no secret is in the description, in the declaration or in any inspection of either', () => {
  const { settings, declaration } = parsed(text, env);
  const catalog = catalogFrom(text, env);
  const withUrls = {
    ...settings,
    state: { ...settings.state, redisUrl: 'rediss://user:SECRET-redis@host:6380/1' },
    ledger: { ...settings.ledger, databaseUrl: 'postgres://host/db?user=u&password=SECRET-db' },
  };
  const described = describeSettings(withUrls, catalog);
  const shown = [
    JSON.stringify(described),
    inspect(described, { depth: 9 }),
    inspect(
      declaration.accounts.map(({ credentials }) => credentials),
      { depth: 9, showHidden: true },
    ),
    JSON.stringify(declaration.accounts.map(({ credentials }) => credentials)),
    inspect(
      [...catalog.accounts.values()].map(({ credential }) => credential),
      { depth: 9, showHidden: true },
    ),
  ].join('\n');
  expect(shown).not.toContain('SECRET');
  // The same things are there to be seen.
  expect([...catalog.accounts.values()].map(({ credential }) => credential?.reveal())).toEqual(
    secrets.slice(0, 4),
  );
  expect(described).toMatchObject({
    state: { redisUrl: 'rediss://***@host:6380/1' },
    ledger: { databaseUrl: 'postgres://host/db?user=u&password=***' },
    catalog: {
      accounts: [
        { id: 'a', credential: '***', proxyUrl: 'http://***@proxy:3128' },
        { id: 'b', credential: '***', baseUrl: 'https://h/x?api_key=***&v=1' },
        { id: 'b__key_1', credential: '***' },
        { id: 'c', credential: '***' },
      ],
    },
  });
});

test('no fault shows a secret, or what may be one', () => {
  const wrong = [
    'credential: SECRET-a',
    'credential: {SECRET-b: }',
    'credential: [SECRET-c]',
    'credential: {value: [SECRET-d]}',
    'credential: {value: SECRET-e, file: SECRET-f}',
    'api_keys: SECRET-g',
    'api_keys: [[SECRET-h]]',
    'api_keys: [{env: SECRET-i, value: SECRET-j}]',
    'proxy_url: "user:SECRET-k@host"',
    'base_url: "//user:SECRET-l@host"',
  ];
  for (const field of wrong) {
    expect(faultLines(`accounts: [{id: a, platform: p, ${field}}]`).join('\n')).not.toContain('SECRET');
  }
  for (const section of ['state: {redis_url: "SECRET"}', 'ledger: {database_url: "mysql://u:SECRET@h"}']) {
    expect(faultLines(section).join('\n')).not.toContain('SECRET');
  }
});

test('many accounts are described by some of them and a count of the rest', () => {
  const accounts = Array.from({ length: 60 }, (_, n) => `  - {id: a${n}, platform: p}`).join('\n');
  const config = `accounts:\n${accounts}`;
  const { catalog } = describeSettings(parsed(config).settings, catalogFrom(config));
  expect(catalog).toMatchObject({ accountsNotShown: 10 });
});

test.each([
  ['redis://host:6379', 'redis://host:6379'],
  ['redis://:p@ss@host:6379', 'redis://***@host:6379'],
  ['http://token@host/path@x', 'http://***@host/path@x'],
  ['not a url //u:p@h', 'not a url //***@h'],
  ['https://h/?access_token=t&q=1#f', 'https://h/?access_token=***&q=1#f'],
])('%s is shown as %s', (url, shown) => {
  expect(maskUrl(url)).toBe(shown);
});
