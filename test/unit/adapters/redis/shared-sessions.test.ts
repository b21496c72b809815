import { describe, expect, it } from 'vitest';
import { SharedSessions } from '../../../../src/adapters/redis/picture/shared-sessions.ts';

const idleMs = 1_000;

describe('the sessions of an account', () => {
  it('are known from when they were met last until they are idle, or forgotten', () => {
    const sessions = new SharedSessions();
    expect(sessions.has('s', 0, idleMs)).toBe(false);
    sessions.meet('s', 0);
    expect(sessions.has('s', 999, idleMs)).toBe(true);
    expect(sessions.has('s', 1_000, idleMs)).toBe(false);
    sessions.meet('s', 500);
    expect(sessions.has('s', 1_000, idleMs)).toBe(true);
    sessions.forget('s');
    expect(sessions.has('s', 1_000, idleMs)).toBe(false);
  });

  it('are the 10,000 met last at least, and twice as many at most', () => {
    const sessions = new SharedSessions();
    for (let index = 0; index < 35_000; index += 1) sessions.meet(`s${index}`, index);
    const known = (index: number) => sessions.has(`s${index}`, index, idleMs);
    expect(Array.from({ length: 10_000 }, (_, index) => 25_000 + index).every(known)).toBe(true);
    expect(Array.from({ length: 15_000 }, (_, index) => index).some(known)).toBe(false);
  });

  it('that were met again count from then, and are forgotten for good', () => {
    const sessions = new SharedSessions();
    sessions.meet('s', 0);
    for (let index = 0; index < 10_000; index += 1) sessions.meet(`s${index}`, 0);
    sessions.meet('s', 800);
    expect(sessions.has('s', 1_500, idleMs)).toBe(true);
    sessions.forget('s');
    expect(sessions.has('s', 900, idleMs)).toBe(false);
  });
});
