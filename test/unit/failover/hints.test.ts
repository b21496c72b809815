import { describe, expect, it } from 'vitest';
import { failoverReasons } from '../../../src/failover/failure.ts';
import { upstreamHint } from '../../../src/failover/upstream-hint.ts';
import { type FailureParts, upstreamFailure } from '../../support/upstream-failures.ts';
import { anthropic, DAY_S, hintOf, http, iso, NOW, unix } from '../../support/upstream-hints.ts';

const retryInfo = (retryDelay: unknown) => ({
  '@type': 'type.googleapis.com/google.rpc.RetryInfo',
  retryDelay,
});

describe('RetryInfo', () => {
  it.each([
    ['34s', 34],
    ['34.07s', 34.07],
    [{ seconds: '34', nanos: 70_000_000 }, 34.07],
    [{ seconds: 34 }, 34],
  ])('asks for %j', (retryDelay, inS) => {
    expect(hintOf({ body: { error: { details: [{ '@type': 'x' }, retryInfo(retryDelay)] } } })).toEqual({
      inS,
      scope: 'ACCOUNT_MODEL',
      evidence: 'RetryInfo.retryDelay',
    });
  });

  it('is found in an array of errors, and at the end of a caller’s message', () => {
    const body = [{ error: { code: 429, details: [retryInfo('34s')] } }];
    expect(hintOf({ body })).toMatchObject({ inS: 34 });
    expect(hintOf({ message: `status 429: ${JSON.stringify(body[0])}` })).toMatchObject({ inS: 34 });
  });

  it.each(['', '-3s', 'soon', null, {}, { seconds: -1 }, ['34s']])('means nothing as %j', (retryDelay) => {
    const body = { error: { details: [retryInfo(retryDelay)] } };
    expect(hintOf({ body, headers: { 'retry-after': '5' } })).toMatchObject({ inS: 5 });
  });
});

describe('Retry-After', () => {
  it.each([
    ['12', 12],
    ['1.5', 1.5],
    [http(90), 90],
    [iso(90), 90],
    ['0', 1],
    [http(-30), 1],
    [String(30 * DAY_S), 8 * DAY_S],
  ])('of %j cools the account and model for %d s', (value, inS) => {
    expect(hintOf({ headers: { 'retry-after': value } })).toEqual({
      inS,
      scope: 'ACCOUNT_MODEL',
      evidence: 'header retry-after',
    });
  });

  it.each(['', '-1', 'NaN', 'Infinity', '1e9', 'soon', http(-3600), unix(60), '12 s', '9'.repeat(5000)])(
    'of %j is no hint',
    (value) => {
      expect(hintOf({ headers: { 'retry-after': value } })).toBeUndefined();
    },
  );

  it('in milliseconds comes first, unless it is bad', () => {
    const headers = { 'retry-after': '7' };
    expect(hintOf({ headers: { ...headers, 'retry-after-ms': '6400' } })).toMatchObject({ inS: 6.4 });
    expect(hintOf({ headers: { ...headers, 'retry-after-ms': 'x' } })).toMatchObject({ inS: 7 });
  });
});

describe('resets of limits', () => {
  it('the latest of those with nothing left', () => {
    const headers = {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': iso(20),
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': iso(40),
      'anthropic-ratelimit-output-tokens-remaining': '1000',
      'anthropic-ratelimit-output-tokens-reset': iso(60),
      'anthropic-ratelimit-tokens-reset': iso(80),
    };
    expect(hintOf({ headers })).toEqual({
      inS: 40,
      scope: 'ACCOUNT_MODEL',
      evidence: 'header anthropic-ratelimit-input-tokens-reset',
    });
  });

  it('the latest of all where nothing says what is left', () => {
    const headers = { 'x-ratelimit-reset-requests': '120ms', 'x-ratelimit-reset-tokens': '6m0s' };
    expect(hintOf({ headers })).toMatchObject({ inS: 360, evidence: 'header x-ratelimit-reset-tokens' });
  });

  it.each(['1', '0.5', 'many', ''])('none while %j is left', (remaining) => {
    const headers = { 'x-ratelimit-remaining-tokens': remaining, 'x-ratelimit-reset-tokens': '6m0s' };
    expect(hintOf({ headers })).toBeUndefined();
  });

  it.each(['0', '0.0', '-12'])('a limit with %j left is spent', (remaining) => {
    const headers = { 'x-ratelimit-remaining-tokens': remaining, 'x-ratelimit-reset-tokens': '6m0s' };
    expect(hintOf({ headers })).toMatchObject({ inS: 360 });
  });

  it.each([
    [unix(30), 30],
    [String(NOW + 30_000), 30],
    ['30', 30],
  ])('x-ratelimit-reset of %s', (reset, inS) => {
    expect(hintOf({ headers: { 'x-ratelimit-reset': reset } })).toMatchObject({ inS });
  });

  it('reads them in the body where OpenRouter puts them', () => {
    const quoted = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(NOW + 45_000) };
    expect(
      hintOf({
        body: { error: { code: 429, message: 'free-models-per-day', metadata: { headers: quoted } } },
      }),
    ).toMatchObject({
      inS: 45,
    });
  });

  it('passes over a bad value', () => {
    const headers = { 'x-ratelimit-reset-requests': '-5s', 'x-ratelimit-reset-tokens': '3s' };
    expect(hintOf({ headers })).toMatchObject({ inS: 3 });
  });
});

describe('words', () => {
  it('of the provider before those of the caller', () => {
    expect(
      hintOf({ body: { error: { message: 'Please try again in 20s.' } }, message: 'retry in 5s' }),
    ).toEqual({
      inS: 20,
      scope: 'ACCOUNT_MODEL',
      evidence: 'words of body',
    });
    expect(hintOf({ body: { error: { message: 'Slow down' } }, message: 'retry in 5s' })).toMatchObject({
      inS: 5,
      evidence: 'words of message',
    });
  });
});

describe('precedence', () => {
  const layers: readonly [FailureParts, number][] = [
    [{ headers: anthropic({ '7d': ['rejected', unix(70)] }) }, 70],
    [{ body: { error: { message: 'try again in 20s', details: [retryInfo('60s')] } } }, 60],
    [{ headers: { 'retry-after-ms': '50000' } }, 50],
    [{ headers: { 'retry-after': '40' } }, 40],
    [{ headers: { 'x-ratelimit-reset-requests': '30s' } }, 30],
    [{ message: 'try again in 10s' }, 10],
  ];

  it.each(layers.map((_, index) => index))('source %d decides over all after it', (first) => {
    const rest = layers.slice(first).map(([parts]) => parts);
    const merged: FailureParts = {
      headers: Object.assign({}, ...rest.map((parts) => parts.headers ?? {})),
      body: rest.find((parts) => parts.body !== undefined)?.body ?? '',
      message: rest.at(-1)!.message!,
    };
    expect(hintOf(merged)?.inS).toBe(layers[first]![1]);
  });
});

describe('upstreamHint', () => {
  it('speaks only of failures that pass by themselves', () => {
    const failure = upstreamFailure({ headers: { 'retry-after': '12' } });
    const hinted = failoverReasons.filter(
      (reason) =>
        upstreamHint(failure, reason, { nowMs: NOW, minMs: 1_000, maxMs: 8 * DAY_S * 1000 }) !== undefined,
    );
    expect(hinted).toEqual(['OVERLOADED', 'RATE_LIMIT', 'SERVER_ERROR']);
  });

  it('stays within the bounds it is given', () => {
    const within = (value: string) =>
      upstreamHint(upstreamFailure({ headers: { 'retry-after': value } }), 'RATE_LIMIT', {
        nowMs: NOW,
        minMs: 5_000,
        maxMs: 60_000,
      })?.untilMs;
    expect([within('1'), within('30'), within('3600')]).toEqual([NOW + 5_000, NOW + 30_000, NOW + 60_000]);
  });

  it('knows nothing of an answer that says nothing', () => {
    expect(hintOf({})).toBeUndefined();
  });
});
