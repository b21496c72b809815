import { describe, expect, it } from 'vitest';
import { anthropic, DAY_S, hintOf, iso, NOW, unix } from '../../support/upstream-hints.ts';

describe('account windows of anthropic', () => {
  it.each([
    ['seconds since the epoch', unix(7200)],
    ['milliseconds since the epoch', String(NOW + 7_200_000)],
    ['RFC 3339', iso(7200)],
  ])('a rejected window cools the account until its reset, given as %s', (_, reset) => {
    expect(hintOf({ headers: anthropic({ '5h': ['rejected', reset] }) })).toEqual({
      inS: 7200,
      scope: 'ACCOUNT',
      evidence: 'anthropic-ratelimit-unified-5h-reset',
    });
  });

  it('only the rejected window counts', () => {
    const headers = anthropic({
      '': ['rejected', unix(10)],
      '5h': ['allowed', unix(10)],
      '7d': ['rejected', unix(400_000)],
    });
    expect(hintOf({ headers })).toMatchObject({ inS: 400_000, scope: 'ACCOUNT' });
    expect(
      hintOf({
        headers: anthropic({ '5h': ['rejected', unix(20)], '7d': ['allowed_warning', unix(400_000)] }),
      }),
    ).toMatchObject({ inS: 20, scope: 'ACCOUNT' });
  });

  it('of two rejected windows the later reset holds', () => {
    const headers = anthropic({ '5h': ['rejected', unix(300)], '7d': ['rejected', unix(200)] });
    expect(hintOf({ headers })).toMatchObject({ inS: 300, evidence: 'anthropic-ratelimit-unified-5h-reset' });
  });

  it('the unified reset counts where no window tells its state', () => {
    expect(hintOf({ headers: anthropic({ '': ['rejected', unix(900)] }) })).toEqual({
      inS: 900,
      scope: 'ACCOUNT',
      evidence: 'anthropic-ratelimit-unified-reset',
    });
    expect(hintOf({ headers: anthropic({ '': ['allowed', unix(900)] }) })).toBeUndefined();
  });

  it('the unified reset of open windows is never taken', () => {
    const headers = anthropic({
      '': ['rejected', unix(900)],
      '5h': ['allowed', unix(900)],
      '7d': ['allowed', unix(9)],
    });
    expect(hintOf({ headers })).toBeUndefined();
  });

  it.each(['', 'NaN', '-5', '0', 'soon', '3600', unix(-61), unix(400 * DAY_S)])(
    'a rejected window with the reset %j leaves the word to Retry-After',
    (reset) => {
      const headers = { ...anthropic({ '5h': ['rejected', reset] }), 'retry-after': '12' };
      expect(hintOf({ headers })).toMatchObject({ inS: 12, scope: 'ACCOUNT_MODEL' });
    },
  );
});

describe('account windows of codex', () => {
  it('a window used up cools the account for its delay', () => {
    const headers = {
      'x-codex-primary-used-percent': '100.0',
      'x-codex-primary-reset-after-seconds': '120',
      'x-codex-primary-reset-at': unix(500),
      'x-codex-secondary-used-percent': '99.9',
      'x-codex-secondary-reset-after-seconds': '500000',
    };
    expect(hintOf({ headers })).toEqual({
      inS: 120,
      scope: 'ACCOUNT',
      evidence: 'x-codex-primary-reset-after-seconds',
    });
  });

  it('falls back to the moment of its reset', () => {
    const headers = {
      'x-codex-secondary-used-percent': '104',
      'x-codex-secondary-reset-after-seconds': '-1',
      'x-codex-secondary-reset-at': unix(500),
    };
    expect(hintOf({ headers })).toMatchObject({ inS: 500, evidence: 'x-codex-secondary-reset-at' });
  });

  it.each(['99', 'NaN', '1e3', '', '-100'])('a window used to %j percent is not spent', (usedPercent) => {
    const headers = {
      'x-codex-primary-used-percent': usedPercent,
      'x-codex-primary-reset-after-seconds': '120',
    };
    expect(hintOf({ headers })).toBeUndefined();
  });

  it('the latest of windows in headers and body holds', () => {
    const headers = { 'x-codex-primary-used-percent': '100', 'x-codex-primary-reset-after-seconds': '120' };
    const body = { error: { type: 'usage_limit_reached', resets_in_seconds: 3600 } };
    expect(hintOf({ headers, body })).toEqual({
      inS: 3600,
      scope: 'ACCOUNT',
      evidence: 'body resets_in_seconds',
    });
  });

  it.each([
    ['type', 'resets_at as a number', { type: 'usage_limit_reached', resets_at: NOW / 1000 + 60 }],
    ['type', 'resets_at as text', { type: 'usage_limit_reached', resets_at: unix(60) }],
    ['code', 'resets_in_seconds', { code: 'usage_limit_reached', resets_in_seconds: 60 }],
    ['type', 'a bad resets_at first', { type: 'usage_limit_reached', resets_at: 0, resets_in_seconds: '60' }],
  ])('usage_limit_reached as %s, with %s', (_, __, error) => {
    expect(hintOf({ body: { error } })).toMatchObject({ inS: 60, scope: 'ACCOUNT' });
  });

  it('reads the headers that an error body quotes', () => {
    const body = {
      type: 'error',
      error: { type: 'usage_limit_reached' },
      headers: { 'X-Codex-Primary-Used-Percent': 100, 'X-Codex-Primary-Reset-After-Seconds': '77' },
    };
    expect(hintOf({ body })).toMatchObject({ inS: 77, scope: 'ACCOUNT' });
  });

  it('reads resets of no other error, nor of a request quoted in the answer', () => {
    const spent = { type: 'usage_limit_reached', resets_in_seconds: 3600 };
    expect(hintOf({ body: { error: { ...spent, type: 'rate_limit_exceeded' } } })).toBeUndefined();
    expect(hintOf({ body: { error: { message: 'no', input: { messages: [spent] } } } })).toBeUndefined();
  });
});
