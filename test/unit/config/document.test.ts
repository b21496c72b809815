import { expect, test } from 'vitest';
import { faultLines, parsed } from './parsed.ts';

test.each([
  ['', /^- : is empty; expected a mapping|^1 : is empty; expected a mapping/],
  ['# nothing but a comment\n', /: is empty; expected a mapping/],
  ['- a\n', /^1 : is a list; expected a mapping/],
  ['just words', /^1 : is plain text; expected a mapping/],
  ['a: 1\n---\nb: 2', /a second YAML document/],
  ['log:\n\tlevel: info', /^2 .*indented with a tab/],
  ['log: "info', /closing quote/],
  ['log: {level: info', /^\d .*is not valid YAML/],
  ['log: !secret info', /^1 log: .*has a tag/],
  ['log: {level: *nowhere}', /^1 log\.level: .*names an anchor that is not set/],
  ['log: {<<: 3}', /^1 log\["<<"\]: .*<< merges mappings/],
  ['? [a, b]\n: 1', /^1 .*keys are text/],
  ['log:\n  level: info\n  level: warn', /^3 log\.level: is not valid YAML: has this key twice; keep one/],
])('%j is one fault', (text, fault) => {
  expect(faultLines(text)).toEqual([expect.stringMatching(fault)]);
});

test('keys that are there twice are told wherever they stand, each on its line', () => {
  expect(faultLines('log: {}\nprices:\n  m: {input: 1, input: 2}\n  m: {}\nlog: {}\n')).toEqual([
    expect.stringMatching(/^3 prices\.m\.input: .*this key twice/),
    expect.stringMatching(/^4 prices\.m: .*this key twice/),
    expect.stringMatching(/^5 log: .*this key twice/),
  ]);
});

test('a syntax error quotes nothing of the file', () => {
  const secret = 'sk-live-0123456789';
  for (const text of [
    `key: *${secret}`,
    `key: "a" "${secret}"`,
    `${secret}: [}`,
    `key: !${secret} x`,
    `"${secret}\\q"`,
  ]) {
    // Paths are names of keys; what is written as a key is shown.
    for (const line of faultLines(text)) expect(line.replace(/^\d+ [^:]*: /, '')).not.toContain(secret);
  }
});

test('keys are text as they are written', () => {
  const { declaration } = parsed('groups: [{id: g, user_rates: {007: 2, 1e3: 3, true: 4}}]');
  expect([...(declaration.groups[0]?.userRates.keys() ?? [])]).toEqual(['007', '1e3', 'true']);
});

test('anchors and merges share parts of accounts', () => {
  const { declaration } = parsed(`
accounts:
  - &base {id: a, platform: p, priority: 3, models: &models [m]}
  - {<<: *base, id: b}
  - {id: c, platform: p, models: *models}
`);
  expect(declaration.accounts.map(({ id, priority }) => [id, priority])).toEqual([
    ['a', 3],
    ['b', 3],
    ['c', 50],
  ]);
  expect(declaration.accounts[2]?.models).toEqual(new Map([['m', 'm']]));
});

test('a fault behind an anchor has the line of what was meant', () => {
  expect(faultLines('accounts:\n  - &base {id: a, platform: p, priority: -1}\n  - *base\n')).toEqual([
    expect.stringMatching(/^2 accounts\[0\]\.priority: is -1/),
    expect.stringMatching(/^2 accounts\[1\]\.priority: is -1/),
    expect.stringMatching(/^2 accounts\[1\]\.id: is "a"/),
  ]);
});

test('anchors upon anchors do not exhaust the memory', () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`,
  );
  expect(faultLines(`l0: &l0 [x]\n${levels.join('\n')}`)).toEqual([
    expect.stringContaining('uses its anchors too often'),
  ]);
});

test('two hundred uses of one anchor are fine', () => {
  const accounts = Array.from({ length: 200 }, (_, n) => `  - {id: a${n}, platform: p, models: *models}`);
  const text = `accounts:\n  - {id: first, platform: p, models: &models [m, n]}\n${accounts.join('\n')}`;
  expect(parsed(text).declaration.accounts).toHaveLength(201);
});
