import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpmWindow } from '../../../../src/adapters/memory/rpm-window.ts';

const startMs = Date.UTC(2026, 0, 5, 12);
const minuteMs = 60_000;

function windowWith(...atMs: readonly number[]): RpmWindow {
  const window = new RpmWindow();
  for (const ms of atMs) window.add(startMs + ms);
  return window;
}

describe('the window of requests', () => {
  it('is empty before the first', () => {
    const window = new RpmWindow();
    expect(window.count(startMs)).toBe(0);
    expect(window.belowAtMs(1, startMs)).toBe(startMs);
  });

  it('forgets each second by itself', () => {
    const window = windowWith(0, 999, 1_000, 30_500, 59_999);
    expect(window.count(startMs + 59_999)).toBe(5);
    expect(window.count(startMs + 60_000)).toBe(3);
    expect(window.count(startMs + 61_000)).toBe(2);
    expect(window.count(startMs + 90_499)).toBe(1);
    expect(window.count(startMs + 118_999)).toBe(1);
    expect(window.count(startMs + 119_000)).toBe(0);
  });

  it('is empty after a long idle time, and counts on', () => {
    const window = windowWith(0, 0, 0);
    const laterMs = startMs + 400 * 24 * 3_600_000;
    expect(window.count(laterMs)).toBe(0);
    window.add(laterMs);
    expect(window.count(laterMs + 59_000)).toBe(1);
  });

  it('tells when the count falls below a limit', () => {
    const window = windowWith(0, 0, 10_000, 20_000);
    const nowMs = startMs + 30_000;
    expect(window.belowAtMs(5, nowMs)).toBe(nowMs);
    expect(window.belowAtMs(4, nowMs)).toBe(startMs + minuteMs);
    expect(window.belowAtMs(3, nowMs)).toBe(startMs + minuteMs);
    expect(window.belowAtMs(2, nowMs)).toBe(startMs + minuteMs + 10_000);
    expect(window.belowAtMs(1, nowMs)).toBe(startMs + minuteMs + 20_000);
  });

  it('counts into its latest second what comes with an earlier time', () => {
    const window = windowWith(10_000, 5_000, 10_000, 0);
    expect(window.count(startMs)).toBe(4);
    expect(window.count(startMs + 69_999)).toBe(4);
    expect(window.count(startMs + 70_000)).toBe(0);
  });

  it('goes on from where it was when the clock is set back by hours', () => {
    const window = windowWith(0, 20_000);
    const backMs = startMs - 5 * 3_600_000;
    window.add(backMs);
    expect(window.count(backMs)).toBe(3);
    expect(window.count(backMs + 40_000)).toBe(2);
    expect(window.count(backMs + 60_000)).toBe(0);
    expect(window.belowAtMs(1, backMs + 60_000)).toBe(backMs + 60_000);
  });

  it('holds what a list of moments would, to the second', () => {
    const steps = fc.array(fc.record({ passMs: fc.nat(20_000), add: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (moves) => {
        const window = new RpmWindow();
        let added: number[] = [];
        let nowMs = startMs;
        for (const { passMs, add } of moves) {
          nowMs += passMs;
          if (add) {
            window.add(nowMs);
            added.push(Math.floor(nowMs / 1_000));
          }
          added = added.filter((second) => second > Math.floor(nowMs / 1_000) - 60);
          expect(window.count(nowMs)).toBe(added.length);
          const oldest = added[0];
          const opensMs = oldest === undefined ? nowMs : (oldest + 60) * 1_000;
          expect(window.belowAtMs(Math.max(1, added.length), nowMs)).toBe(opensMs);
        }
      }),
    );
  });
});
