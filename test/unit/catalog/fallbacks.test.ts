import { expect, test } from 'vitest';
import { createFallbackTable, parseFallback } from '../../../src/catalog/fallbacks.ts';

const platforms = new Set(['minimax', 'openrouter']);

const fallbacksOf = (name: string, fallbacks: readonly string[]) =>
  createFallbackTable([{ name, fallbacks }], platforms);

test('x/y is model y on platform x where an account has platform x', () => {
  expect(parseFallback('minimax/minimax', platforms)).toEqual({ platform: 'minimax', model: 'minimax' });
});

test('x/y is one model name where no account has platform x', () => {
  expect(parseFallback('meta/llama', platforms)).toEqual({ model: 'meta/llama' });
});

test('only the first slash parts platform and model', () => {
  expect(parseFallback('openrouter/anthropic/claude', platforms)).toEqual({
    platform: 'openrouter',
    model: 'anthropic/claude',
  });
});

test('an empty part is part of a name', () => {
  expect(parseFallback('minimax/', platforms)).toEqual({ model: 'minimax/' });
  expect(parseFallback('/minimax', platforms)).toEqual({ model: '/minimax' });
});

test('repeats are dropped, the first place wins', () => {
  const models = fallbacksOf('a', ['b', 'minimax/c', 'b', 'c', 'minimax/c'])('a');
  expect(models).toEqual([{ model: 'b' }, { platform: 'minimax', model: 'c' }, { model: 'c' }]);
});

test('a model is not its own fallback, except on a platform that is named', () => {
  expect(fallbacksOf('a', ['a', 'b', 'minimax/a'])('a')).toEqual([
    { model: 'b' },
    { platform: 'minimax', model: 'a' },
  ]);
});

test('a pattern gives its fallbacks to each model, less that model itself', () => {
  const table = fallbacksOf('claude-*', ['claude-sonnet', 'claude-haiku']);
  expect(table('claude-opus')).toEqual([{ model: 'claude-sonnet' }, { model: 'claude-haiku' }]);
  expect(table('claude-haiku')).toEqual([{ model: 'claude-sonnet' }]);
});

test('a model without fallbacks has none', () => {
  expect(fallbacksOf('a', ['b'])('c')).toEqual([]);
});
