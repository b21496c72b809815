import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { TransportError } from '../../../gen/remora/v1/failure_pb.ts';
import {
  type ReportResultRequest,
  ReportResultRequestSchema,
  SelectAccountRequestSchema,
} from '../../../gen/remora/v1/router_pb.ts';
import { StickyPolicy } from '../../../gen/remora/v1/selection_pb.ts';
import { leaseSuffix } from '../../../src/routing/lease-id.ts';
import { decodeReport } from '../../../src/transport/codec/report.ts';
import { decodeSelect } from '../../../src/transport/codec/select.ts';
import { Refused } from '../../../src/transport/refused.ts';

type SelectInit = MessageInitShape<typeof SelectAccountRequestSchema>;
type ReportInit = MessageInitShape<typeof ReportResultRequestSchema>;

const select = (init: SelectInit) => decodeSelect(create(SelectAccountRequestSchema, init));
const reportMessage = (init: ReportInit): ReportResultRequest =>
  create(ReportResultRequestSchema, { leaseId: 'l', outcome: { case: 'success', value: {} }, ...init });
const report = (init: ReportInit) => decodeReport(reportMessage(init));
const faultOf = (decoded: object) => (decoded instanceof Refused ? decoded.refusal.message : undefined);
const seconds = (value: number, nanos = 0) => ({ seconds: BigInt(value), nanos });
const long = 'x'.repeat(300);

describe('decodeSelect', () => {
  test('an empty message asks for anything', () => {
    expect(select({})).toEqual({
      groupId: '',
      model: '',
      sessionId: '',
      userId: '',
      platform: '',
      excludedAccountIds: [],
      maxWaitMs: 0,
      requestId: '',
      failoverFrom: '',
      leaseTtlMs: 0,
      includeCredential: false,
      stickyPolicy: 'PREFER',
    });
  });

  test('every field arrives', () => {
    const decoded = select({
      groupId: 'g',
      model: 'm',
      sessionId: 's',
      userId: 'u',
      platform: 'p',
      excludedAccountIds: ['a', 'b'],
      prefetchedSticky: { accountId: 'a', groupId: 'g' },
      maxWait: seconds(2, 500_000_000),
      requestId: 'r',
      failoverFrom: 'f',
      leaseTtl: seconds(90),
      includeCredential: true,
      stickyPolicy: StickyPolicy.REQUIRE,
    });
    expect(decoded).toEqual({
      groupId: 'g',
      model: 'm',
      sessionId: 's',
      userId: 'u',
      platform: 'p',
      excludedAccountIds: ['a', 'b'],
      prefetchedSticky: { accountId: 'a', groupId: 'g' },
      maxWaitMs: 2500,
      requestId: 'r',
      failoverFrom: 'f',
      leaseTtlMs: 90_000,
      includeCredential: true,
      stickyPolicy: 'REQUIRE',
    });
  });

  test.each<[SelectInit, string]>([
    [{ groupId: long }, 'group_id: 300 bytes, at most 256'],
    [{ model: long }, 'model: 300 bytes, at most 256'],
    [{ sessionId: 'é'.repeat(129) }, 'session_id: 258 bytes, at most 256'],
    [{ userId: long }, 'user_id: 300 bytes, at most 256'],
    [{ platform: long }, 'platform: 300 bytes, at most 256'],
    [{ requestId: long }, 'request_id: 300 bytes, at most 256'],
    [{ failoverFrom: long }, 'failover_from: 300 bytes, at most 256'],
    [
      { excludedAccountIds: Array.from({ length: 1001 }, () => 'a') },
      'excluded_account_ids: 1001 entries, at most 1000',
    ],
    [{ excludedAccountIds: ['a', long] }, 'excluded_account_ids[1]: 300 bytes, at most 256'],
    [{ prefetchedSticky: { accountId: long } }, 'prefetched_sticky.account_id: 300 bytes, at most 256'],
    [{ prefetchedSticky: { groupId: long } }, 'prefetched_sticky.group_id: 300 bytes, at most 256'],
    [{ maxWait: seconds(-1) }, 'max_wait: negative, must be 0 or more'],
    [{ maxWait: seconds(0, -1) }, 'max_wait: negative, must be 0 or more'],
    [{ maxWait: seconds(400_000_000_000) }, 'max_wait: out of the range of a Duration'],
    [{ maxWait: seconds(1, 1_000_000_000) }, 'max_wait: out of the range of a Duration'],
    [{ leaseTtl: seconds(0, 999_000_000) }, 'lease_ttl: 0.999 s, must be 1 s to 1 h'],
    [{ leaseTtl: seconds(3601) }, 'lease_ttl: 3601 s, must be 1 s to 1 h'],
    [{ leaseTtl: seconds(-1) }, 'lease_ttl: negative, must be 0 or more'],
    [{ stickyPolicy: 9 as StickyPolicy }, 'sticky_policy: 9 is none of its values'],
  ])('refuses %o', (init, fault) => {
    expect(faultOf(select(init))).toBe(fault);
  });

  test.each<[string, SelectInit, object]>([
    ['a text of exactly 256 bytes', { model: 'é'.repeat(128) }, { model: 'é'.repeat(128) }],
    ['exactly 1,000 exclusions', { excludedAccountIds: Array.from({ length: 1000 }, () => 'a') }, {}],
    ['an explicit 0 as the default ttl', { leaseTtl: seconds(0) }, { leaseTtlMs: 0 }],
    ['a ttl of 1 s', { leaseTtl: seconds(1) }, { leaseTtlMs: 1000 }],
    ['a ttl of 1 h', { leaseTtl: seconds(3600) }, { leaseTtlMs: 3_600_000 }],
    ['a wait of years as one hour', { maxWait: seconds(1e9) }, { maxWaitMs: 3_600_000 }],
    ['a wait under a millisecond as one', { maxWait: seconds(0, 1) }, { maxWaitMs: 1 }],
  ])('takes %s', (_name, init, expected) => {
    expect(select(init)).toMatchObject(expected);
  });

  test('a sticky binding without an account is none', () => {
    expect(select({ prefetchedSticky: { groupId: 'g' } })).not.toHaveProperty('prefetchedSticky');
  });

  test('the prefix goes before the field at fault', () => {
    const decoded = decodeSelect(create(SelectAccountRequestSchema, { model: long }), 'select.');
    expect(faultOf(decoded)).toBe('select.model: 300 bytes, at most 256');
  });
});

describe('lease ids', () => {
  const ours = (length: number) =>
    `l1${'0'.repeat(9)}${'A'.repeat(12)}.${leaseSuffix('a'.repeat(length), 'g', 'm')}`;

  test('one of ours may be longer than other ids', () => {
    expect(ours(250).length).toBeGreaterThan(256);
    expect(report({ leaseId: ours(250) })).toMatchObject({ leaseId: ours(250) });
    expect(select({ failoverFrom: ours(250) })).toMatchObject({ failoverFrom: ours(250) });
  });

  test('not without end', () => {
    expect(faultOf(report({ leaseId: ours(3000) }))).toMatch(/^lease_id: \d+ bytes, at most 256$/);
  });

  test('another text may not', () => {
    expect(faultOf(report({ leaseId: long }))).toBe('lease_id: 300 bytes, at most 256');
  });
});

describe('decodeReport', () => {
  test.each<[ReportInit, string]>([
    [{ leaseId: '' }, 'lease_id: empty, must be the id of a lease'],
    [{ outcome: { case: undefined } }, 'outcome: unset, must be one of success, failure, cancelled'],
    [
      { outcome: { case: 'failure', value: { httpStatus: -1 } } },
      'failure.http_status: -1, must be 0 to 999',
    ],
    [
      { outcome: { case: 'failure', value: { transportError: 7 as TransportError } } },
      'failure.transport_error: 7 is none of its values',
    ],
    [{ usage: { inputTokens: -1n } }, 'usage.input_tokens: negative, must be 0 or more'],
    [{ usage: { outputTokens: -5n } }, 'usage.output_tokens: negative, must be 0 or more'],
    [{ usage: { cacheReadTokens: -1n } }, 'usage.cache_read_tokens: negative, must be 0 or more'],
    [
      { usage: { cacheCreationTokens: 2n ** 60n } },
      `usage.cache_creation_tokens: ${2n ** 60n}, at most 2^53 - 1`,
    ],
    [
      { usage: { standardCost: -0.1 } },
      'usage.standard_cost: -0.1, must be a finite number of USD, 0 or more',
    ],
    [
      { usage: { standardCost: Number.NaN } },
      'usage.standard_cost: NaN, must be a finite number of USD, 0 or more',
    ],
    [
      { usage: { standardCost: Number.POSITIVE_INFINITY } },
      'usage.standard_cost: Infinity, must be a finite number of USD, 0 or more',
    ],
    [{ timeToFirstToken: seconds(-1) }, 'time_to_first_token: negative, must be 0 or more'],
    [{ duration: seconds(-1) }, 'duration: negative, must be 0 or more'],
  ])('refuses %o', (init, fault) => {
    expect(faultOf(report(init))).toBe(fault);
  });

  test('every field of a success arrives', () => {
    expect(
      report({
        usage: {
          inputTokens: 1n,
          outputTokens: 2n,
          cacheReadTokens: 3n,
          cacheCreationTokens: 4n,
          standardCost: 0,
        },
        responseHeaders: { 'Retry-After': '3' },
        timeToFirstToken: seconds(0, 1_500_000),
        duration: seconds(2),
        selectNext: true,
      }),
    ).toEqual({
      leaseId: 'l',
      outcome: { kind: 'success' },
      usage: {
        inputTokens: 1,
        outputTokens: 2,
        cacheReadTokens: 3,
        cacheCreationTokens: 4,
        standardCostUsd: 0,
      },
      responseHeaders: new Map([['retry-after', '3']]),
      timeToFirstTokenMs: 1.5,
      durationMs: 2000,
      selectNext: true,
    });
  });

  test('an absent cost stays absent', () => {
    expect(report({ usage: { inputTokens: 1n } })).not.toHaveProperty('usage.standardCostUsd');
  });

  test('a cancelled request is no failure', () => {
    expect(report({ outcome: { case: 'cancelled', value: {} } })).toMatchObject({
      outcome: { kind: 'cancelled' },
    });
  });

  test('a failure keeps 16 KiB of its body, cut between characters, and its headers', () => {
    const body = `x${'€'.repeat(10_000)}`;
    const decoded = report({
      outcome: {
        case: 'failure',
        value: { httpStatus: 429, body, message: body, transportError: TransportError.TIMEOUT },
      },
      responseHeaders: { 'X-Limit': '1' },
    });
    const kept = `x${'€'.repeat(5461)}`;
    expect(Buffer.byteLength(kept)).toBe(16 * 1024);
    expect(decoded).toMatchObject({
      outcome: {
        kind: 'failure',
        failure: {
          httpStatus: 429,
          body: kept,
          message: kept,
          transportError: 'TIMEOUT',
          headers: new Map([['x-limit', '1']]),
        },
      },
    });
  });

  test('an answer counts as broken by the network only where the caller says so', () => {
    const kindOf = (transportError: TransportError) =>
      report({ outcome: { case: 'failure', value: { transportError } } });
    expect(kindOf(TransportError.UNSPECIFIED)).toMatchObject({
      outcome: { failure: { transportError: 'NONE' } },
    });
    expect(kindOf(TransportError.NETWORK)).toMatchObject({
      outcome: { failure: { transportError: 'NETWORK' } },
    });
  });

  test('64 headers are kept, long values cut, absurd names left out', () => {
    const absurd = `n${'x'.repeat(300)}`;
    const decoded = report({
      responseHeaders: { [absurd]: '1', long: 'v'.repeat(5000), ...manyHeaders(80) },
    });
    if (decoded instanceof Refused) throw new Error(decoded.refusal.message);
    expect(decoded.responseHeaders.size).toBe(64);
    expect(decoded.responseHeaders.has(absurd)).toBe(false);
    expect(decoded.responseHeaders.get('long')).toHaveLength(4096);
  });
});

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`h-${index}`, String(index)]));
}
