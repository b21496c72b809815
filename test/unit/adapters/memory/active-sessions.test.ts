import { describe, expect, it } from 'vitest';
import { ActiveSessions } from '../../../../src/adapters/memory/active-sessions.ts';

const idleMs = 60_000;

describe('the sessions of an account', () => {
  it('count until they were idle for the time asked about', () => {
    const sessions = new ActiveSessions();
    sessions.touch('s', 0, idleMs);
    expect(sessions.count(idleMs - 1, idleMs)).toBe(1);
    expect(sessions.has('s', idleMs - 1, idleMs)).toBe(true);
    expect(sessions.has('s', idleMs, idleMs)).toBe(false);
    expect(sessions.count(idleMs, idleMs)).toBe(0);
  });

  it('count once, from when they were seen last', () => {
    const sessions = new ActiveSessions();
    for (const key of ['s', 't', 's']) sessions.touch(key, 0, idleMs);
    sessions.touch('s', 50_000, idleMs);
    expect(sessions.count(50_000, idleMs)).toBe(2);
    expect(sessions.oldestEndsAtMs(50_000, idleMs)).toBe(idleMs);
    expect(sessions.count(idleMs, idleMs)).toBe(1);
    expect(sessions.oldestEndsAtMs(idleMs, idleMs)).toBe(110_000);
  });

  it('can be taken out one by one, or all at once', () => {
    const sessions = new ActiveSessions();
    for (const key of ['s', 't', 'u']) sessions.touch(key, 0, idleMs);
    sessions.delete('t');
    sessions.delete('none');
    expect(sessions.count(0, idleMs)).toBe(2);
    sessions.clear();
    expect(sessions.count(0, idleMs)).toBe(0);
    expect(sessions.oldestEndsAtMs(0, idleMs)).toBeUndefined();
    sessions.touch('v', 0, idleMs);
    expect(sessions.count(0, idleMs)).toBe(1);
  });

  it('are found by the entry they had, where that is in force still', () => {
    const [here, elsewhere] = [new ActiveSessions(), new ActiveSessions()];
    const entry = here.touch('s', 0, idleMs);
    expect(here.touch('s', 1, idleMs, entry)).toBe(entry);
    const moved = elsewhere.touch('s', 2, idleMs, entry);
    expect(moved).not.toBe(entry);
    expect([here.count(2, idleMs), elsewhere.count(2, idleMs)]).toEqual([1, 1]);

    elsewhere.delete('s');
    const again = elsewhere.touch('s', 3, idleMs, moved);
    elsewhere.clear();
    const afresh = elsewhere.touch('s', 4, idleMs, again);
    expect(elsewhere.has('s', 4, idleMs)).toBe(true);
    expect(elsewhere.count(4 + idleMs, idleMs)).toBe(0);
    elsewhere.touch('s', 5 + idleMs, idleMs, afresh);
    expect(elsewhere.has('s', 5 + idleMs, idleMs)).toBe(true);
    expect(elsewhere.count(5 + idleMs, idleMs)).toBe(1);
  });

  it('are given up by a sweep once they are idle', () => {
    const sessions = new ActiveSessions();
    sessions.touch('s', 0, idleMs);
    sessions.prune(idleMs);
    expect(sessions.has('s', 0, idleMs)).toBe(false);
  });

  it('stay when the clock steps back', () => {
    const sessions = new ActiveSessions();
    sessions.touch('s', 100_000, idleMs);
    expect(sessions.count(0, idleMs)).toBe(1);
    expect(sessions.has('s', 0, idleMs)).toBe(true);
  });
});
