import { describe, expect, it } from 'vitest';
import { faultFingerprint } from '../../../src/failover/fingerprint.ts';
import { upstreamFailure } from '../../support/upstream-failures.ts';

const api = (message: string, requestId = 'req_011CSHoEeqs5C35K2UUqR7Fy') => ({
  type: 'error',
  error: { type: 'api_error', message },
  request_id: requestId,
});

function fingerprintOf(body: unknown, httpStatus = 500, message = '') {
  return faultFingerprint(upstreamFailure({ httpStatus, body, message }));
}

describe('faultFingerprint', () => {
  it.each([0, 200, 400, 429, 499, 600])('is empty for status %d', (httpStatus) => {
    expect(fingerprintOf(api('Internal server error'), httpStatus)).toBe('');
  });

  it('is the same for the same answer with another request id', () => {
    expect(fingerprintOf(api('Internal server error'))).toBe(
      fingerprintOf(api('Internal server error', 'req_011CSHp9hQ2mVn8sJk3LwXyZ')),
    );
  });

  it.each([
    ['prefixed ids', 'failed (request ID req_1c5e3b2a)', 'failed (request ID req_zz91-_x8)'],
    ['uuids', 'id 7d4a5f0e-1b2c-4d3e-8f90-123456789abc', 'id 00000000-aaaa-bbbb-cccc-0123456789ab'],
    ['hex runs', 'trace 9f86d081884c7d65 lost', 'trace deadbeefdeadbeef lost'],
    ['random runs', 'Ray ID: 8f2e1a9bcdef0123-AMS', 'Ray ID: 91ab2c3d4e5f6071-AMS'],
    ['counts', 'queue holds 17 jobs, 3 of 40', 'queue holds 9 jobs, 12 of 40'],
    ['durations', 'no answer after 1.4s', 'no answer after 6m0s'],
    ['durations in words', 'no answer after 1 second.', 'no answer after 20 seconds.'],
    ['RFC 3339 times', 'at 2026-03-01T12:00:00Z', 'at 2026-03-01T12:00:01.123+02:00'],
    ['HTTP dates', 'at Sun, 01 Mar 2026 12:00:00 GMT', 'at Mon, 13 Apr 2026 01:02:03 GMT'],
    ['dates in words', 'on March 1, 2026 it broke', 'on Sept 13, 2026 it broke'],
    ['addresses', 'dial tcp 10.0.0.1:8443: no route', 'dial tcp 192.168.17.4:443: no route'],
    ['case and blanks', 'Internal  server\nerror', 'internal server error'],
  ])('overlooks %s', (_, one, other) => {
    expect(fingerprintOf(api(one))).toBe(fingerprintOf(api(other)));
    expect(fingerprintOf(one)).toBe(fingerprintOf(other));
  });

  it.each([
    ['other words', 'Internal server error', 'Overloaded'],
    ['another model', 'claude-opus-4 failed', 'claude-sonnet-4 failed'],
    ['words of months and days', 'you may monitor it', 'you will monitor it'],
  ])('tells apart %s', (_, one, other) => {
    expect(fingerprintOf(api(one))).not.toBe(fingerprintOf(api(other)));
  });

  it('tells statuses apart', () => {
    expect(fingerprintOf(api('x'), 500)).not.toBe(fingerprintOf(api('x'), 503));
  });

  it('compares HTML pages by their words', () => {
    const page = (ray: string, css: string) =>
      `<!DOCTYPE html><html><head><title>502 Bad gateway</title><style>${css}</style></head><body><p class="c-${css}">Ray ID: ${ray}</p></body></html>`;
    expect(fingerprintOf(page('8f2e1a9bcdef0123', 'a{}'), 502)).toBe(
      fingerprintOf(page('91ab2c3d4e5f6071', 'b{}'), 502),
    );
    expect(fingerprintOf(page('8f2e1a9bcdef0123', 'a{}'), 502)).toContain('bad gateway');
    expect(fingerprintOf('<html>Service Unavailable</html>')).not.toBe(
      fingerprintOf('<html>Bad gateway</html>'),
    );
  });

  it('takes empty answers of one status for the same fault', () => {
    expect(fingerprintOf('', 503)).toBe('503');
    expect(fingerprintOf(' \n', 503)).toBe('503');
  });

  it('asks the caller’s message only where the answer has no words', () => {
    expect(fingerprintOf('', 503, 'no healthy upstream')).toBe('503 no healthy upstream');
    expect(fingerprintOf(api('Overloaded'), 503, 'account a')).toBe(
      fingerprintOf(api('Overloaded'), 503, 'account b'),
    );
  });

  it('compares an answer without a message as it stands', () => {
    expect(fingerprintOf({ ok: false, id: 1 })).toBe(fingerprintOf({ ok: false, id: 2 }));
    expect(fingerprintOf({ ok: false })).not.toBe(fingerprintOf({ ok: true }));
  });
});
