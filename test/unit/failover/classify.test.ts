import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classify, defaultScope } from '../../../src/failover/classify.ts';
import type { CooldownScope, FailoverReason, UpstreamFailure } from '../../../src/failover/failure.ts';
import { failoverReasons } from '../../../src/failover/failure.ts';

interface Case {
  readonly name: string;
  readonly http_status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly transport_error: UpstreamFailure['transportError'];
  readonly message: string;
  readonly reason: FailoverReason;
  readonly failover: boolean;
  readonly scope?: CooldownScope;
}

const fixture = new URL('../../fixtures/upstream-errors.jsonl', import.meta.url);
const cases = readFileSync(fixture, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Case);

function failureOf(one: Case): UpstreamFailure {
  return {
    httpStatus: one.http_status,
    body: one.body,
    transportError: one.transport_error,
    message: one.message,
    headers: new Map(Object.entries(one.headers)),
  };
}

describe('classify', () => {
  it('has at least 120 cases, of every reason, each named once', () => {
    expect(cases.length).toBeGreaterThanOrEqual(120);
    expect(new Set(cases.map(({ reason }) => reason))).toEqual(new Set(failoverReasons));
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  it.each(cases)('$name: $reason', (one) => {
    const { reason, failover, evidence } = classify(failureOf(one));
    expect({ reason, failover, evidence }).toEqual({
      reason: one.reason,
      failover: one.failover,
      evidence: expect.stringMatching(/^(?:code|words|status|transport error|nothing known)/),
    });
  });

  // A rate limit of the whole account is told by its hint, not by its reason.
  it.each(cases.filter(({ reason, scope }) => !(reason === 'RATE_LIMIT' && scope === 'ACCOUNT')))(
    '$name: cools $scope',
    (one) => {
      expect(one.failover ? defaultScope(one.reason) : undefined).toBe(one.scope);
    },
  );
});

describe('evidence', () => {
  const plain: UpstreamFailure = {
    httpStatus: 0,
    body: '',
    transportError: 'NONE',
    message: '',
    headers: new Map(),
  };

  it.each([
    ['code insufficient_quota', { httpStatus: 429, body: '{"error":{"code":"insufficient_quota"}}' }],
    ['words "too many requests"', { httpStatus: 500, body: '{"error":{"message":"Too many requests"}}' }],
    ['status 503', { httpStatus: 503 }],
    ['code server_error', { httpStatus: 400, body: '{"error":{"type":"server_error"}}' }],
    ['transport error timeout', { transportError: 'TIMEOUT' }],
    ['words "connection refused"', { message: 'dial tcp: connection refused' }],
    ['status 429', { message: 'http status 429' }],
    ['status 418', { httpStatus: 418 }],
    ['nothing known', {}],
  ] as const)('names its rule: %s', (evidence, failure) => {
    expect(classify({ ...plain, ...failure }).evidence).toBe(evidence);
  });

  it('is the AWS header before the body', () => {
    const headers = new Map([['x-amzn-errortype', 'ThrottlingException:http://internal/']]);
    const body = '{"__type":"AccessDeniedException","message":"no"}';
    expect(classify({ ...plain, httpStatus: 400, headers, body }).reason).toBe('RATE_LIMIT');
  });

  it('is the same number read by where it stands', () => {
    const zhipu = classify({ ...plain, httpStatus: 200, body: '{"error":{"code":"1002","message":""}}' });
    const minimax = classify({ ...plain, httpStatus: 200, body: '{"base_resp":{"status_code":1002}}' });
    expect([zhipu.reason, minimax.reason]).toEqual(['AUTH', 'RATE_LIMIT']);
  });

  it('is a telling status before a generic type, and no 5xx is an invalid request', () => {
    const body = '{"error":{"type":"invalid_request_error","message":"no"}}';
    const reasons = [429, 503, 500, 400].map((httpStatus) => classify({ ...plain, httpStatus, body }).reason);
    expect(reasons).toEqual(['RATE_LIMIT', 'SERVER_ERROR', 'SERVER_ERROR', 'FORMAT']);
  });
});
