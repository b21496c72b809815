import { type DescMessage, fromBinary, type MessageShape, toBinary, toJson } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { AccountStateSchema } from '../../../gen/remora/v1/account_pb.ts';
import { ExplainSelectionResponseSchema } from '../../../gen/remora/v1/admin_pb.ts';
import {
  ListModelsResponseSchema,
  ReportResultResponseSchema,
  SelectAccountResponseSchema,
} from '../../../gen/remora/v1/router_pb.ts';
import { SelectionFailureSchema } from '../../../gen/remora/v1/selection_pb.ts';
import type { AccountState, Attempt } from '../../../src/routing/api.ts';
import { encodeAccountState, encodeExplanation } from '../../../src/transport/codec/account-state.ts';
import {
  encodeModelsOutcome,
  encodeReportAnswer,
  encodeSelectOutcome,
} from '../../../src/transport/codec/outcomes.ts';
import { encodeSelectionFailure } from '../../../src/transport/codec/selection.ts';
import { encodeDuration, encodeTime } from '../../../src/transport/codec/time.ts';
import { account, refused, selected } from './rig.ts';

/** What a client reads, in protobuf's JSON. */
function asRead<D extends DescMessage>(schema: D, message: object): unknown {
  return toJson(schema, fromBinary(schema, toBinary(schema, message as MessageShape<D>)));
}

const attempt: Attempt = {
  accountId: 'a',
  model: 'm',
  reason: 'RATE_LIMIT',
  skipped: false,
  durationMs: 1500,
};
const skipped: Attempt = { accountId: 'b', model: 'm', reason: 'BILLING', skipped: true, durationMs: 0 };

test('a selection carries all that SelectAccount promises', () => {
  const outcome = selected('lease-1', {
    sticky: 'MOVED',
    movedFrom: { accountId: 'old', verdict: 'COOLING_DOWN' },
    attempt: 3,
    attempts: [attempt, skipped],
    degraded: true,
    credential: 'secret',
  });
  expect(asRead(SelectAccountResponseSchema, encodeSelectOutcome(outcome))).toEqual({
    selection: {
      account: {
        id: 'acct-1',
        name: 'First',
        platform: 'anthropic',
        type: 'ACCOUNT_TYPE_OAUTH',
        priority: 50,
        baseUrl: 'https://upstream.example',
        labels: { region: 'eu' },
      },
      upstreamModel: 'claude-opus-4',
      lease: { id: 'lease-1', expiresAt: '2030-01-01T00:00:00Z' },
      rateMultiplier: 1.7,
      sticky: 'STICKY_MOVED',
      movedFrom: { accountId: 'old', verdict: 'VERDICT_COOLING_DOWN' },
      attempt: 3,
      degraded: true,
      credential: 'secret',
      attempts: [
        { accountId: 'a', model: 'm', reason: 'FAILOVER_REASON_RATE_LIMIT', duration: '1.500s' },
        { accountId: 'b', model: 'm', reason: 'FAILOVER_REASON_BILLING', skipped: true },
      ],
    },
  });
});

test('a wait plan says where, how long and behind how many', () => {
  const plan = { accountId: 'a', maxConcurrency: 4, timeoutMs: 45_000, maxWaiting: 3, waiting: 1 };
  expect(asRead(SelectAccountResponseSchema, encodeSelectOutcome({ kind: 'wait_plan', plan }))).toEqual({
    waitPlan: { accountId: 'a', maxConcurrency: 4, timeout: '45s', maxWaiting: 3, waiting: 1 },
  });
});

test('a report tells classification, cooldown and the next account', () => {
  const answer = {
    duplicate: false,
    classification: {
      reason: 'RATE_LIMIT',
      failover: true,
      cooldown: { scope: 'ACCOUNT_MODEL', untilMs: 1500, source: 'UPSTREAM_HINT' },
    },
    next: selected('lease-2'),
  } as const;
  expect(asRead(ReportResultResponseSchema, encodeReportAnswer(answer))).toMatchObject({
    classification: {
      reason: 'FAILOVER_REASON_RATE_LIMIT',
      failover: true,
      cooldown: {
        scope: 'COOLDOWN_SCOPE_ACCOUNT_MODEL',
        until: '1970-01-01T00:00:01.500Z',
        source: 'COOLDOWN_SOURCE_UPSTREAM_HINT',
      },
    },
    next: { selection: { lease: { id: 'lease-2' } } },
  });
});

test('a report without a next account stands, and says why there is none', () => {
  const failure = {
    rejections: [{ verdict: 'DISABLED', count: 2 }],
    attempts: [],
    attemptsOmitted: 0,
  } as const;
  const read = (refusal: Parameters<typeof refused>[0]) =>
    asRead(ReportResultResponseSchema, encodeReportAnswer({ duplicate: true, next: refused(refusal) }));
  expect(read({ kind: 'precondition', message: 'none', failure })).toEqual({
    duplicate: true,
    nextFailure: { rejections: [{ verdict: 'VERDICT_DISABLED', count: 2 }] },
  });
  expect(read({ kind: 'unavailable', message: 'state is away' })).toEqual({
    duplicate: true,
    nextFailure: {},
  });
});

test('a failure tells verdicts, attempts and the earliest time', () => {
  const failure = {
    rejections: [{ verdict: 'RPM_EXCEEDED', count: 3 }],
    attempts: [attempt],
    attemptsOmitted: 8,
    earliestAvailableMs: 60_000,
  } as const;
  expect(asRead(SelectionFailureSchema, encodeSelectionFailure(failure))).toEqual({
    rejections: [{ verdict: 'VERDICT_RPM_EXCEEDED', count: 3 }],
    attempts: [{ accountId: 'a', model: 'm', reason: 'FAILOVER_REASON_RATE_LIMIT', duration: '1.500s' }],
    attemptsOmitted: 8,
    earliestAvailable: '1970-01-01T00:01:00Z',
  });
});

test('models are listed as they come', () => {
  const models = [{ id: 'm', platforms: ['a', 'b'], accountCount: 2, availableCount: 1 }];
  const message = encodeModelsOutcome({ kind: 'models', models, unrestricted: true });
  expect(asRead(ListModelsResponseSchema, message)).toEqual({ models, unrestricted: true });
});

const state: AccountState = {
  account,
  groupIds: ['team'],
  status: 'active',
  schedulable: true,
  inFlight: 1,
  waiting: 2,
  rpm: 3,
  windowCostUsd: 4.5,
  windowStartMs: 0,
  windowEndMs: 3_600_000,
  quotaUsed: { dailyUsd: 1, weeklyUsd: 2, totalUsd: 3 },
  sessions: 4,
  lastUsedAtMs: 1000,
  cooldowns: [
    { model: 'm', reason: 'OVERLOADED', scope: 'ACCOUNT', source: 'SCHEDULE', untilMs: 2000, failures: 2 },
  ],
  probing: true,
};

test("an account's state is shown whole, without a credential", () => {
  const secret = { ...account, credential: { reveal: () => 'sk-secret' } };
  const read = asRead(AccountStateSchema, encodeAccountState({ ...state, account: secret }));
  expect(read).toMatchObject({
    account: { id: 'acct-1' },
    groupIds: ['team'],
    status: 'active',
    schedulable: true,
    inFlight: 1,
    waiting: 2,
    rpm: 3,
    windowCost: 4.5,
    windowStart: '1970-01-01T00:00:00Z',
    windowEnd: '1970-01-01T01:00:00Z',
    quotaUsed: { daily: 1, weekly: 2, total: 3 },
    sessions: 4,
    lastUsedAt: '1970-01-01T00:00:01Z',
    cooldowns: [
      {
        model: 'm',
        reason: 'FAILOVER_REASON_OVERLOADED',
        scope: 'COOLDOWN_SCOPE_ACCOUNT',
        source: 'COOLDOWN_SOURCE_SCHEDULE',
        until: '1970-01-01T00:00:02Z',
        failures: 2,
      },
    ],
    probing: true,
  });
  expect(JSON.stringify(read)).not.toContain('sk-secret');
});

test('an explanation tells each account and whom it would take', () => {
  const entry = {
    accountId: 'acct-1',
    verdict: 'ELIGIBLE',
    rank: 1,
    tier: 0,
    priority: 50,
    loadRate: 0.5,
    state,
  } as const;
  const message = encodeExplanation({ accounts: [entry], stickyAccountId: 's', wouldSelect: 'acct-1' });
  expect(asRead(ExplainSelectionResponseSchema, message)).toMatchObject({
    accounts: [{ accountId: 'acct-1', verdict: 'VERDICT_ELIGIBLE', rank: 1, priority: 50, loadRate: 0.5 }],
    stickyAccountId: 's',
    wouldSelect: 'acct-1',
  });
});

test('times and durations keep their fractions and stay in range', () => {
  expect(encodeTime(-1)).toMatchObject({ seconds: -1n, nanos: 999_000_000 });
  expect(encodeTime(1_700_000_000_123)).toMatchObject({ seconds: 1_700_000_000n, nanos: 123_000_000 });
  expect(encodeDuration(1999.9999999).nanos).toBeLessThan(1e9);
});
