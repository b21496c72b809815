import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { SelectionFailureSchema } from '../../gen/remora/v1/selection_pb.ts';
import {
  costing,
  failedWith,
  leaseOf,
  refusalOf,
  rejectionsOf,
  report,
  type SelectInit,
  seconds,
  select,
} from '../support/calls.ts';
import { apiKey, type ConfigParts, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

interface Row {
  readonly what: string;
  readonly accounts: readonly ConfigParts[];
  readonly request?: SelectInit;
  readonly before?: (app: RunningApp) => Promise<unknown>;
  readonly code: string;
  readonly rejections?: Readonly<Record<string, number>>;
  readonly retryAfterMs?: number;
}

const a = (parts: ConfigParts = {}) => subscription('a', parts);
const answer = (parts: Parameters<typeof report>[2]) => async (app: RunningApp) =>
  report(app, await select(app), parts);

const exhausted: readonly Row[] = [
  {
    what: 'an account that cools',
    accounts: [a()],
    before: answer(failedWith(401)),
    code: 'RESOURCE_EXHAUSTED',
    rejections: { COOLING_DOWN: 1 },
    retryAfterMs: 60_000,
  },
  {
    what: 'an account that cools for the model',
    accounts: [a()],
    before: answer(failedWith(429)),
    code: 'RESOURCE_EXHAUSTED',
    rejections: { MODEL_COOLING_DOWN: 1 },
    retryAfterMs: 60_000,
  },
  {
    what: 'a spent window',
    accounts: [a({ limits: { window_cost: 1 } })],
    before: answer(costing(1)),
    code: 'RESOURCE_EXHAUSTED',
    rejections: { WINDOW_COST_EXCEEDED: 1 },
    retryAfterMs: 3_600_000,
  },
  {
    what: 'a spent minute',
    accounts: [a({ limits: { rpm: 1 } })],
    before: answer({}),
    code: 'RESOURCE_EXHAUSTED',
    rejections: { RPM_EXCEEDED: 1 },
    retryAfterMs: 60_000,
  },
  {
    what: 'a spent quota',
    accounts: [apiKey('a', { limits: { quota: { daily: 1 } } })],
    before: answer(costing(1)),
    code: 'RESOURCE_EXHAUSTED',
    rejections: { QUOTA_EXCEEDED: 1 },
    retryAfterMs: 12 * 3_600_000,
  },
  {
    what: 'too many sessions',
    accounts: [a({ limits: { sessions: 1 } })],
    before: async (app) => report(app, await select(app, { sessionId: 'other' })),
    request: { sessionId: 's' },
    code: 'RESOURCE_EXHAUSTED',
    rejections: { SESSION_LIMIT: 1 },
    retryAfterMs: 300_000,
  },
  {
    what: 'a full account whose queue has no room',
    accounts: [a({ concurrency: 1 })],
    before: (app) => select(app),
    request: { maxWait: seconds(5) },
    code: 'RESOURCE_EXHAUSTED',
    rejections: { CONCURRENCY_FULL: 1 },
  },
  {
    what: 'one account that cools beside one that is excluded',
    accounts: [a(), apiKey('b', { priority: 90 })],
    before: answer(failedWith(401)),
    request: { excludedAccountIds: ['b'] },
    code: 'RESOURCE_EXHAUSTED',
    rejections: { COOLING_DOWN: 1, EXCLUDED: 1 },
    retryAfterMs: 60_000,
  },
];

const precondition: readonly Row[] = [
  {
    what: 'an account the caller excludes',
    accounts: [a()],
    request: { excludedAccountIds: ['a'] },
    code: 'FAILED_PRECONDITION',
    rejections: { EXCLUDED: 1 },
  },
  {
    what: 'a disabled account',
    accounts: [a({ status: 'disabled' })],
    code: 'FAILED_PRECONDITION',
    rejections: { DISABLED: 1 },
  },
  {
    what: 'an account in error',
    accounts: [a({ status: 'error' })],
    code: 'FAILED_PRECONDITION',
    rejections: { DISABLED: 1 },
  },
  {
    what: 'an unschedulable account',
    accounts: [a({ schedulable: false })],
    code: 'FAILED_PRECONDITION',
    rejections: { DISABLED: 1 },
  },
  {
    what: 'an expired account',
    accounts: [a({ expires_at: '2026-01-05T12:00:00Z' })],
    code: 'FAILED_PRECONDITION',
    rejections: { DISABLED: 1 },
  },
  {
    what: 'an account of another platform',
    accounts: [a()],
    request: { platform: 'openai' },
    code: 'FAILED_PRECONDITION',
    rejections: { PLATFORM_MISMATCH: 1 },
  },
  {
    what: 'an account without the model',
    accounts: [a({ models: ['sonnet'] })],
    request: { model: 'opus' },
    code: 'FAILED_PRECONDITION',
    rejections: { MODEL_UNSUPPORTED: 1 },
  },
  { what: 'an empty group', accounts: [], code: 'FAILED_PRECONDITION', rejections: {} },
];

const refused: readonly Row[] = [
  { what: 'an unknown group', accounts: [a()], request: { groupId: 'nowhere' }, code: 'NOT_FOUND' },
  { what: 'a failover from no lease', accounts: [a()], request: { failoverFrom: 'what' }, code: 'NOT_FOUND' },
  {
    what: 'an over-long id',
    accounts: [a()],
    request: { sessionId: 'x'.repeat(257) },
    code: 'INVALID_ARGUMENT',
  },
  { what: 'a negative wait', accounts: [a()], request: { maxWait: seconds(-1) }, code: 'INVALID_ARGUMENT' },
  {
    what: 'a lease of a day',
    accounts: [a()],
    request: { leaseTtl: seconds(86_400) },
    code: 'INVALID_ARGUMENT',
  },
  {
    what: 'the credential',
    accounts: [a()],
    request: { includeCredential: true },
    code: 'PERMISSION_DENIED',
  },
];

const connectCode = (code: string) => code.toLowerCase();

async function start({ accounts, before }: Row): Promise<RunningApp> {
  const app = await startTestApp({ config: groupOf(accounts, { scheduling: { fallback_max_waiting: 0 } }) });
  await before?.(app);
  return app;
}

describe.each([...exhausted, ...precondition, ...refused])('$what', (row) => {
  it(`is ${row.code} over gRPC`, async () => {
    const app = await start(row);
    const { code, message, failure, retryAfterMs } = await refusalOf(select(app, row.request));
    expect(code).toBe(row.code);
    expect(message).not.toBe('');
    if (row.rejections === undefined) expect(failure).toBeUndefined();
    else expect(rejectionsOf(failure)).toEqual(row.rejections);
    expect(retryAfterMs).toBe(row.retryAfterMs);
    for (const [verdict, count] of Object.entries(row.rejections ?? {}))
      expect(await app.metric('remora_rejections_total', { verdict })).toBe(count);
    expect(await app.metric('remora_leases_active')).toBe(row.what.startsWith('a full') ? 1 : 0);
  });
});

describe('a refusal over JSON', () => {
  it('carries its code, the failure and the time to wait', async () => {
    const row = exhausted[0]!;
    const app = await start(row);
    const response = await fetch(`${app.httpUrl}/remora.v1.RouterService/SelectAccount`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ groupId: 'g' }),
    });
    expect(response.status).toBe(429);
    const body = (await response.json()) as {
      code: string;
      details: { type: string; value: string; debug?: unknown }[];
    };
    expect(body.code).toBe(connectCode(row.code));
    expect(body.details.map(({ type }) => type)).toEqual([
      'remora.v1.SelectionFailure',
      'google.rpc.RetryInfo',
    ]);
    const failure = fromBinary(SelectionFailureSchema, Buffer.from(body.details[0]!.value, 'base64'));
    expect(rejectionsOf(failure)).toEqual(row.rejections);
    expect(Number(failure.earliestAvailable?.seconds) * 1000).toBe(app.clock.now() + 60_000);
  });

  it.each([...precondition.slice(0, 1), ...refused])('is the same for $what', async (row) => {
    const app = await start(row);
    const { maxWait, leaseTtl, ...request } = row.request as Record<string, unknown>;
    const response = await fetch(`${app.httpUrl}/remora.v1.RouterService/SelectAccount`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        groupId: 'g',
        ...request,
        ...(maxWait !== undefined && { maxWait: '-1s' }),
        ...(leaseTtl !== undefined && { leaseTtl: '86400s' }),
      }),
    });
    expect(((await response.json()) as { code: string }).code).toBe(connectCode(row.code));
  });
});

describe('an id that is none', () => {
  it.each(['', 'nonsense', 'l1000000000aaaaaaaaaaaa.bm9uZQ'])(
    'of a lease (%j) can not be reported or renewed',
    async (id) => {
      const app = await startTestApp({ config: groupOf([a()]) });
      const code = id === '' ? 'INVALID_ARGUMENT' : 'NOT_FOUND';
      expect((await refusalOf(report(app, id))).code).toBe(code);
      const renewal = app.grpc.unary(RouterService.method.renewLease, { leaseId: id });
      expect((await refusalOf(renewal)).code).toBe(code);
    },
  );

  it('of an attempt not reported yet can not be followed', async () => {
    const app = await startTestApp({ config: groupOf([a(), apiKey('b')]) });
    const held = await select(app);
    const { code, message } = await refusalOf(select(app, { failoverFrom: leaseOf(held) }));
    expect(code).toBe('FAILED_PRECONDITION');
    expect(message).toContain('failover_from');
  });
});

describe('the credential', () => {
  const credential = { value: 'sk-secret' };

  it('is given to local callers who may ask for it, and only if they do', async () => {
    const config = groupOf([a({ credential })], { credentials: { expose: true } });
    const app = await startTestApp({ config });
    expect((await select(app, { includeCredential: true })).credential).toBe('sk-secret');
    expect((await select(app)).credential).toBe('');
  });

  it('never shows in a refusal or a log line', async () => {
    const app = await startTestApp({ config: groupOf([a({ credential })]) });
    const { message } = await refusalOf(select(app, { includeCredential: true }));
    expect(message).toContain('include_credential');
    expect(JSON.stringify([message, app.logs])).not.toContain('sk-secret');
  });
});
