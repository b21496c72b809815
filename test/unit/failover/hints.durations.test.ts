import { describe, expect, it } from 'vitest';
import {
  parseDecimal,
  parseDurationMs,
  parseMillisecondsMs,
  parseSecondsMs,
} from '../../../src/failover/hints/durations.ts';

describe('parseDurationMs', () => {
  it.each([
    ['6m0s', 360_000],
    ['1.4s', 1_400],
    ['120ms', 120],
    ['1h2m3s', 3_723_000],
    ['7m12.5s', 432_500],
    ['34S', 34_000],
    [' 2d ', 172_800_000],
    ['0s', 0],
    ['1500µs', 1.5],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBeCloseTo(ms, 6);
  });

  it.each([
    '',
    '12',
    's',
    '-1s',
    '1.s',
    '1x',
    '1s 2',
    '1e3s',
    'NaN',
    'Infinitys',
    '999999d',
    '1h-2m',
    `${'1s'.repeat(9)}`,
  ])('takes %j for no duration', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('parseSecondsMs and parseMillisecondsMs', () => {
  it.each([
    ['12', 12_000],
    ['0.5', 500],
    ['0', 0],
    [' 3 ', 3_000],
  ])('read %j seconds as %d ms', (text, ms) => {
    expect(parseSecondsMs(text)).toBe(ms);
    expect(parseMillisecondsMs(text)).toBe(ms / 1000);
  });

  it.each([
    '',
    '-5',
    '+5',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '12s',
    '1,5',
    '1_000',
    'soon',
    '99999999999999999999',
  ])('take %j for no figure', (text) => {
    expect(parseSecondsMs(text)).toBeUndefined();
    expect(parseMillisecondsMs(text)).toBeUndefined();
  });

  it('refuse a wait of more than a year', () => {
    expect(parseSecondsMs(String(366 * 86_400))).toBe(366 * 86_400_000);
    expect(parseSecondsMs(String(366 * 86_400 + 1))).toBeUndefined();
  });
});

describe('parseDecimal', () => {
  it('reads digits and one point, nothing else', () => {
    expect(parseDecimal('100.0')).toBe(100);
    expect(parseDecimal('100%')).toBeUndefined();
  });
});
