import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { faultLines } from './parsed.ts';

const parse = (text: string) => parseConfig({ text, file: 'remora.yaml', env: {} });

test('no text makes the reader throw; what is not valid has a fault', () => {
  const piece = fc.constantFrom(
    ...[
      'accounts:',
      'groups',
      ': ',
      '- ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '<<: ',
      '!!map ',
      '? ',
      '"',
      "'",
    ],
    ...[
      'id: a',
      'platform: p',
      'limits',
      'api_keys',
      'credential',
      'models',
      '|',
      '>',
      '#',
      '---',
      '%YAML',
      '\t',
      '@',
    ],
    ...['__proto__: ', 'constructor: ', '.nan', '~', '1e999', ', '],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 25 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (any) => {
      const result = parse(any);
      if (!result.ok) expect(result.faults.length).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});

test('no value in any place makes the checks throw', () => {
  const place = fc.constantFrom(
    'accounts',
    'groups',
    'models',
    'prices',
    'listen',
    'state',
    'cooldown',
    'credentials',
  );
  fc.assert(
    fc.property(place, fc.json({ maxDepth: 4 }), (key, json) => {
      const result = parse(`${key}: ${json}`);
      if (!result.ok) expect(result.faults.every(({ problem }) => problem !== '')).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['deep nesting', `a: ${'['.repeat(50_000)}`],
  ['deep nesting that is closed', `a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ['a merge of what is no mapping', 'log: {<<: 3}'],
  ['an anchor within itself', 'a: &a [*a]'],
])('%s is a fault', (_what, text) => {
  expect(faultLines(text).length).toBeGreaterThan(0);
});
