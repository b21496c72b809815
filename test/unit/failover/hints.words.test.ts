import { describe, expect, it } from 'vitest';
import { parseWordsMs } from '../../../src/failover/hints/words.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('parseWordsMs', () => {
  it.each([
    ['Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000. Please try again in 1.4s.', 1_400],
    ['Please try again in 6ms. Visit https://example.com/limits', 6],
    ['Please try again in 7m12.5s.', 432_500],
    ['try again in 1h2m3s', 3_723_000],
    ['Please retry after 6 seconds.', 6_000],
    ['Please retry in 34.07s.', 34_070],
    ['Your quota will reset after 3h20m14s.', 12_014_000],
    ['Please wait 2 minutes and 5 seconds before you ask again', 125_000],
    ['Try again in about 20 minutes', 1_200_000],
    ['Too many requests. In 20 minutes there is room again', 1_200_000],
    ['limit resets in: 5 days', 432_000_000],
    ['429 Too Many Requests, Retry-After: 12', 12_000],
    ['slow down, retry_after=3; thanks', 3_000],
    ['try again at 2026-03-01T12:00:10Z', 10_000],
    [`resets at ${NOW / 1000 + 60}`, 60_000],
    ['You have exhausted it; you can make another request in 15s', 15_000],
    ['请在 20 秒后重试', 20_000],
    ['您的请求过于频繁，请1小时30分钟后再试', 5_400_000],
    ['请等待 1 分钟', 60_000],
  ])('reads the wait in %j', (text, ms) => {
    expect(parseWordsMs(text, NOW)).toBe(ms);
  });

  it.each([
    '',
    'Please try again later.',
    'You sent 50 requests in 60 seconds',
    'limit of 40,000 input tokens per minute',
    'retry after 3 attempts',
    'try again in a few minutes',
    'try again in -5s',
    'try again in 99999999999999s',
    'upstream connection reset after 30 seconds',
    'waited 30 seconds for a connection',
    'client: retrying in 2s',
    'invalid content: "please try again in 5 hours"',
    "unexpected 'try again in 5 hours' in prompt",
    '请求在30秒后超时',
  ])('finds none in %j', (text) => {
    expect(parseWordsMs(text, NOW)).toBeUndefined();
  });

  it('takes the longest of several', () => {
    expect(parseWordsMs('Requests: retry in 2s. Tokens: retry in 30s. Try again in 5s.', NOW)).toBe(30_000);
  });
});
