import { expect, test } from 'vitest';
import { createModelTable } from '../../../src/catalog/model-table.ts';

const tableOf = (names: Record<string, string>) => createModelTable(new Map(Object.entries(names)));

test('an empty table takes every model as it is', () => {
  const table = tableOf({});
  expect(table.unrestricted).toBe(true);
  expect(table.upstreamOf('anything')).toBe('anything');
  expect(table.names).toEqual([]);
});

test('the empty model is served by every table, as the empty name', () => {
  expect(tableOf({}).upstreamOf('')).toBe('');
  expect(tableOf({ a: 'b' }).upstreamOf('')).toBe('');
  expect(tableOf({ '*': 'b' }).upstreamOf('')).toBe('');
});

test('a mapped name goes upstream under its other name', () => {
  expect(tableOf({ sonnet: 'claude-sonnet-4-5' }).upstreamOf('sonnet')).toBe('claude-sonnet-4-5');
});

test('a pattern may lead to one upstream name', () => {
  expect(tableOf({ 'claude-*': 'one-model' }).upstreamOf('claude-3')).toBe('one-model');
});

test("an upstream name with a star takes over what the pattern's star stood for", () => {
  const table = tableOf({ 'claude-*': 'us.anthropic.claude-*' });
  expect(table.upstreamOf('claude-opus')).toBe('us.anthropic.claude-opus');
});

test('names leave patterns out, and say that there are some', () => {
  const table = tableOf({ b: 'b', 'a-*': 'a-*', a: 'a' });
  expect(table.names).toEqual(['b', 'a']);
  expect(table.hasPatterns).toBe(true);
  expect(table.upstreamOf('a-1')).toBe('a-1');
  expect(table.upstreamOf('c')).toBeUndefined();
});
