import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failoverReasons, type UpstreamFailure } from '../../../src/failover/failure.ts';
import { faultFingerprint } from '../../../src/failover/fingerprint.ts';
import { upstreamHint } from '../../../src/failover/upstream-hint.ts';
import { upstreamWindow } from '../../../src/failover/upstream-window.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const CLAMP = { minMs: 1_000, maxMs: 8 * 86_400_000 };

const headerName = fc.oneof(
  fc.constantFrom(
    'retry-after',
    'retry-after-ms',
    'anthropic-ratelimit-unified-status',
    'anthropic-ratelimit-unified-reset',
    'anthropic-ratelimit-unified-5h-status',
    'anthropic-ratelimit-unified-5h-reset',
    'anthropic-ratelimit-unified-7d-status',
    'anthropic-ratelimit-unified-7d-reset',
    'anthropic-ratelimit-tokens-remaining',
    'anthropic-ratelimit-tokens-reset',
    'x-codex-primary-used-percent',
    'x-codex-primary-reset-after-seconds',
    'x-codex-primary-reset-at',
    'x-ratelimit-remaining-tokens',
    'x-ratelimit-reset-tokens',
    'x-ratelimit-reset',
  ),
  fc.string(),
);

/** Values that nearly mean something, beside those that mean nothing. */
const figure = fc.oneof(
  fc.string(),
  fc.double().map(String),
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((s) => String(NOW / 1000 + s)),
  fc
    .date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('9999-01-01') })
    .chain((date) => fc.constantFrom(date.toISOString(), date.toUTCString())),
  fc
    .tuple(fc.nat(), fc.constantFrom('s', 'ms', 'm', 'h', 'd', ' seconds', 'x'))
    .map(([n, unit]) => `${n}${unit}`),
  fc.constantFrom('rejected', 'allowed', '0', '100', '-0', ''),
);

const sentence = fc
  .array(
    fc.oneof(
      fc.constantFrom('try again in', 'retry after', 'wait', '请在', '后重试', '"', '<', '{"error":', '.'),
      figure,
    ),
  )
  .map((parts) => parts.join(' '));

const errorBody = fc.oneof(
  sentence,
  fc.json(),
  fc
    .record({ type: fc.constant('usage_limit_reached'), resets_at: fc.jsonValue() })
    .map((error) => JSON.stringify({ error })),
  fc
    .jsonValue()
    .map((retryDelay) =>
      JSON.stringify([{ error: { details: [{ '@type': 'google.rpc.RetryInfo', retryDelay }] } }]),
    ),
);

const failure: fc.Arbitrary<UpstreamFailure> = fc.record({
  httpStatus: fc.oneof(fc.integer({ min: 500, max: 599 }), fc.integer()),
  body: errorBody,
  transportError: fc.constantFrom('NONE', 'TIMEOUT', 'NETWORK'),
  message: sentence,
  headers: fc.array(fc.tuple(headerName, figure)).map((entries) => new Map(entries)),
});

describe('whatever an upstream answers', () => {
  it('a hint is whole milliseconds within its bounds, and says where it was read', () => {
    fc.assert(
      fc.property(failure, fc.constantFrom(...failoverReasons), (answer, reason) => {
        const hint = upstreamHint(answer, reason, { nowMs: NOW, ...CLAMP });
        if (hint === undefined) return;
        expect(Number.isInteger(hint.untilMs)).toBe(true);
        expect(hint.untilMs).toBeGreaterThanOrEqual(NOW + CLAMP.minMs);
        expect(hint.untilMs).toBeLessThanOrEqual(NOW + CLAMP.maxMs);
        expect(hint.evidence).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });

  it('a window of an open account is never its hint', () => {
    const open = fc.constantFrom('allowed', 'allowed_warning', '', 'REJECTED?');
    fc.assert(
      fc.property(open, open, figure, figure, figure, (status5h, status7d, reset5h, reset7d, reset) => {
        const headers = new Map([
          ['anthropic-ratelimit-unified-status', 'rejected'],
          ['anthropic-ratelimit-unified-reset', reset],
          ['anthropic-ratelimit-unified-5h-status', status5h],
          ['anthropic-ratelimit-unified-5h-reset', reset5h],
          ['anthropic-ratelimit-unified-7d-status', status7d],
          ['anthropic-ratelimit-unified-7d-reset', reset7d],
        ]);
        const answer: UpstreamFailure = {
          httpStatus: 429,
          body: '',
          transportError: 'NONE',
          message: '',
          headers,
        };
        expect(upstreamHint(answer, 'RATE_LIMIT', { nowMs: NOW, ...CLAMP })).toBeUndefined();
      }),
    );
  });

  it('a window holds the present and is five hours long', () => {
    fc.assert(
      fc.property(figure, (reset) => {
        const window = upstreamWindow(new Map([['anthropic-ratelimit-unified-5h-reset', reset]]), NOW);
        if (window === undefined) return;
        expect(window.endMs - window.startMs).toBe(5 * 3_600_000);
        expect(window.endMs).toBeGreaterThan(NOW);
        expect(window.startMs).toBeLessThanOrEqual(NOW + 5 * 60_000);
      }),
    );
  });

  it('a fingerprint is short, and there for 5xx answers alone', () => {
    fc.assert(
      fc.property(failure, (answer) => {
        const fingerprint = faultFingerprint(answer);
        expect(fingerprint.length).toBeLessThanOrEqual(512);
        expect(fingerprint !== '').toBe(answer.httpStatus >= 500 && answer.httpStatus <= 599);
      }),
      { numRuns: 1_000 },
    );
  });
});
