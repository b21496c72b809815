import { describe, expect, it } from 'vitest';
import { Bindings, sessionKeyOf } from '../../../../src/adapters/memory/bindings.ts';

const ttlMs = 1_000;

function bound(count: number, max: number): Bindings {
  const bindings = new Bindings(max);
  for (let index = 0; index < count; index += 1) bindings.set(`s${index}`, 'a', ttlMs, 0);
  return bindings;
}

describe('bindings', () => {
  it('answer the account there was before', () => {
    const bindings = new Bindings(10);
    expect(bindings.set('s', 'a', ttlMs, 0)).toBe('');
    expect(bindings.set('s', 'b', ttlMs * 2, 0)).toBe('a');
    expect(bindings.set('s', 'c', ttlMs * 3, ttlMs * 2)).toBe('');
    expect(bindings.accountOf('s', ttlMs)).toBe('c');
  });

  it('never are more than the most there may be', () => {
    const bindings = bound(500, 100);
    expect(bindings.size).toBe(100);
    expect(bindings.accountOf('s399', 0)).toBe('');
    expect(bindings.accountOf('s400', 0)).toBe('a');
  });

  it('used least recently go first', () => {
    const bindings = bound(3, 3);
    bindings.set('s0', 'a', ttlMs, 0);
    bindings.set('new', 'a', ttlMs, 0);
    expect(['s0', 's1', 's2', 'new'].map((key) => bindings.accountOf(key, 0))).toEqual(['a', '', 'a', 'a']);
    bindings.delete('s2');
    bindings.set('newer', 'a', ttlMs, 0);
    expect(['s0', 'new', 'newer'].map((key) => bindings.accountOf(key, 0))).toEqual(['a', 'a', 'a']);
  });

  it('that are over are cleared away by new ones and by sweeps', () => {
    const bindings = bound(100, 1_000);
    bindings.set('new', 'a', ttlMs * 2, ttlMs);
    expect(bindings.size).toBe(99);
    bindings.sweep(ttlMs);
    expect(bindings.size).toBe(1);
    bindings.sweep(ttlMs * 2);
    expect(bindings.size).toBe(0);
  });

  it('are swept away some at a time', () => {
    const bindings = bound(12_000, 20_000);
    const sizes = [1, 2, 3, 4].map(() => {
      bindings.sweep(ttlMs);
      return bindings.size;
    });
    expect(sizes).toEqual([7_000, 2_000, 0, 0]);
  });

  it('to an account are void in one step, those made afterwards are not', () => {
    const bindings = bound(3, 10);
    bindings.set('other', 'b', ttlMs, 0);
    bindings.deleteAccount('a');
    expect(['s0', 's1', 's2', 'other'].map((key) => bindings.accountOf(key, 0))).toEqual(['', '', '', 'b']);
    expect(bindings.set('s1', 'a', ttlMs, 0)).toBe('');
    expect(bindings.accountOf('s1', 0)).toBe('a');
    bindings.deleteAccount('a');
    expect(bindings.accountOf('s1', 0)).toBe('');
  });

  it('are taken by what they match, and only those that stand', () => {
    const bindings = new Bindings(10);
    const key = sessionKeyOf('g', 's');
    bindings.set(key, 'a', ttlMs, 0);
    bindings.set(sessionKeyOf('g', 't'), 'b', ttlMs, 0);
    bindings.set(sessionKeyOf('h', 's'), 'a', ttlMs, 0);
    bindings.deleteAccount('b');
    const any = { groupId: '', sessionId: '', accountId: '' };
    expect(bindings.take({ ...any, groupId: 'g' }, 0)).toEqual([{ sessionKey: key, boundTo: 'a' }]);
    expect(bindings.take({ ...any, groupId: 'g' }, 0)).toEqual([]);
    expect(bindings.take(any, ttlMs)).toEqual([]);
    expect(bindings.take(any, 0)).toHaveLength(1);
  });

  it('keep group and session apart in their keys', () => {
    expect(sessionKeyOf('g', 'h\0s')).not.toBe(sessionKeyOf('g\0h'.slice(0, 1), 's'));
    expect(sessionKeyOf('', 'gs')).not.toBe(sessionKeyOf('g', 's'));
  });
});
