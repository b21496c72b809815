import { describe, expect, it } from 'vitest';
import {
  delayUntilMs,
  parseEpochMs,
  parseHttpDateMs,
  parseMomentMs,
  parseResetDelayMs,
  parseRfc3339Ms,
} from '../../../src/failover/hints/moments.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('parseRfc3339Ms', () => {
  it.each([
    ['2026-03-01T12:00:00Z', 0],
    ['2026-03-01T12:00:00.500Z', 500],
    ['2026-03-01T13:00:00+01:00', 0],
    ['2026-03-01t12:00:01z', 1_000],
    ['2026-03-01 12:00:01Z', 1_000],
  ])('reads %s', (text, offsetMs) => {
    expect(parseRfc3339Ms(text)).toBe(NOW + offsetMs);
  });

  it.each([
    '',
    '2026-03-01',
    '2026-03-01T12:00:00',
    '2026-13-01T12:00:00Z',
    '2026-03-01T99:00:00Z',
    'tomorrow',
    '12',
  ])('takes %j for none', (text) => {
    expect(parseRfc3339Ms(text)).toBeUndefined();
  });
});

describe('parseHttpDateMs', () => {
  it.each(['Sun, 01 Mar 2026 12:00:00 GMT', 'Sunday, 01-Mar-26 12:00:00 GMT', 'Sun Mar  1 12:00:00 2026'])(
    'reads %s',
    (text) => {
      expect(parseHttpDateMs(text)).toBe(NOW);
    },
  );

  it.each(['', 'Sun, 01 Mar 2026', 'Sun, 01 Xyz 2026 12:00:00 GMT', 'Mar 1', '1', '2026-03-01T12:00:00Z'])(
    'takes %j for none',
    (text) => {
      expect(parseHttpDateMs(text)).toBeUndefined();
    },
  );
});

describe('parseEpochMs', () => {
  it('tells seconds from milliseconds by their size', () => {
    expect(parseEpochMs(String(NOW / 1000))).toBe(NOW);
    expect(parseEpochMs(String(NOW))).toBe(NOW);
    expect(parseEpochMs(`${NOW / 1000}.5`)).toBe(NOW + 500);
  });

  it.each(['0', '60', '-1772366400', '500000000000', '1772366400000000', 'NaN'])(
    'takes %j for none',
    (text) => {
      expect(parseEpochMs(text)).toBeUndefined();
    },
  );
});

describe('delayUntilMs', () => {
  it('measures from now', () => {
    expect(delayUntilMs(NOW + 5_000, NOW)).toBe(5_000);
  });

  it('takes a moment just past for now, and one further back for stale', () => {
    expect(delayUntilMs(NOW - 60_000, NOW)).toBe(0);
    expect(delayUntilMs(NOW - 60_001, NOW)).toBeUndefined();
  });

  it('refuses a moment more than a year ahead', () => {
    expect(delayUntilMs(NOW + 367 * 86_400_000, NOW)).toBeUndefined();
  });

  it('passes on that there was none', () => {
    expect(delayUntilMs(parseMomentMs('garbage'), NOW)).toBeUndefined();
  });
});

describe('parseResetDelayMs', () => {
  it.each([
    ['2026-03-01T12:00:30Z', 30_000],
    [String(NOW / 1000 + 30), 30_000],
    [String(NOW + 30_000), 30_000],
    ['6m0s', 360_000],
    ['120ms', 120],
    ['30', 30_000],
  ])('reads %s in its own dialect', (text, delayMs) => {
    expect(parseResetDelayMs(text, NOW)).toBe(delayMs);
  });

  it('does not read a stale moment as seconds', () => {
    expect(parseResetDelayMs('1500000000', NOW)).toBeUndefined();
  });
});
