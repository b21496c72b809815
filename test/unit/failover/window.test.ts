import { describe, expect, it } from 'vitest';
import { upstreamWindow } from '../../../src/failover/upstream-window.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const HOUR = 3_600_000;

function windowOf(reset: string) {
  return upstreamWindow(new Map([['anthropic-ratelimit-unified-5h-reset', reset]]), NOW);
}

describe('upstreamWindow', () => {
  it.each([
    ['seconds since the epoch', String((NOW + HOUR) / 1000)],
    ['milliseconds since the epoch', String(NOW + HOUR)],
    ['RFC 3339', '2026-03-01T13:00:00Z'],
  ])('ends at the reset and began five hours before, given as %s', (_, reset) => {
    expect(windowOf(reset)).toEqual({ startMs: NOW - 4 * HOUR, endMs: NOW + HOUR });
  });

  it('allows for a clock that is five minutes ahead, not more', () => {
    const limitMs = NOW + 5 * HOUR + 5 * 60_000;
    expect(windowOf(String(limitMs))).toEqual({ startMs: limitMs - 5 * HOUR, endMs: limitMs });
    expect(windowOf(String(limitMs + 1))).toBeUndefined();
  });

  it.each([
    ['a reset that has come', String(NOW)],
    ['a reset in the past', String(NOW / 1000 - 60)],
    ['a delay instead of a moment', '3600'],
    ['an empty value', ''],
    ['garbage', 'NaN'],
    ['a negative figure', `-${NOW}`],
  ])('knows no window from %s', (_, reset) => {
    expect(windowOf(reset)).toBeUndefined();
  });

  it('knows no window without the header', () => {
    expect(
      upstreamWindow(new Map([['anthropic-ratelimit-unified-7d-reset', String(NOW + HOUR)]]), NOW),
    ).toBeUndefined();
  });
});
