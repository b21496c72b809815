import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PatternTable } from '../../../src/catalog/pattern-table.ts';

const tableOf = (names: readonly string[]) => new PatternTable(names.map((name) => [name, name] as const));

test('an exact name wins over every pattern', () => {
  expect(tableOf(['*', 'claude-*', 'claude-3', 'claude-3*']).find('claude-3')).toBe('claude-3');
});

test('the longest pattern wins over a shorter one, wherever it stands', () => {
  expect(tableOf(['claude-*', 'claude-opus-*', '*']).find('claude-opus-4')).toBe('claude-opus-*');
  expect(tableOf(['*', 'claude-opus-*', 'claude-*']).find('claude-haiku')).toBe('claude-*');
});

test('a pattern matches its own prefix alone, and nothing shorter', () => {
  expect(tableOf(['claude-*']).find('claude-')).toBe('claude-*');
  expect(tableOf(['claude-*']).find('claude')).toBeUndefined();
});

test('a match tells what the star stood for', () => {
  expect(tableOf(['claude-*']).match('claude-opus')).toEqual({ value: 'claude-*', rest: 'opus' });
  expect(tableOf(['claude']).match('claude')).toEqual({ value: 'claude', rest: '' });
});

test('whatever the table and the name: exact, else the longest prefix, else nothing', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 });
  const name = fc.tuple(word, fc.boolean()).map(([text, pattern]) => (pattern ? `${text}*` : text));
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 12 }), word, (names, asked) => {
      const prefixes = names.filter((n) => n.endsWith('*')).map((n) => n.slice(0, -1));
      const fitting = prefixes.filter((prefix) => asked.startsWith(prefix));
      const longest = fitting.toSorted((a, b) => b.length - a.length)[0];
      const expected = names.includes(asked) ? asked : longest === undefined ? undefined : `${longest}*`;
      expect(tableOf(names).find(asked)).toBe(expected);
    }),
  );
});
