import { timestampMs } from '@bufbuild/protobuf/wkt';
import { beforeEach, describe, expect, test } from 'vitest';
import { Verdict } from '../../gen/remora/v1/selection_pb.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import {
  accountState,
  cooldownsOf,
  type FailureFields,
  failNext,
  judged,
  refusal,
  reportFailure,
  reportSuccess,
  secondsFromNow,
  select,
  serverError,
  tooMany,
  unpaid,
} from './failover-steps.ts';

const minute = 60_000;
const hour = 60 * minute;

const overloaded: FailureFields = {
  httpStatus: 529,
  body: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
};
const badKey: FailureFields = {
  httpStatus: 401,
  body: '{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}',
};
const noModel: FailureFields = {
  httpStatus: 404,
  body: '{"type":"error","error":{"type":"not_found_error","message":"model: m"}}',
};
const retryAfter = (seconds: number) => ({ responseHeaders: { 'retry-after': `${seconds}` } });

let app: RunningApp;

beforeEach(async () => {
  app = await startTestApp({ config: { accounts: [{ id: 'a', platform: 'anthropic' }] } });
});

/** The lengths of a row of cooldowns in seconds, each failure a moment after the cooldown before it. */
async function row(failure: FailureFields, times: number): Promise<readonly number[]> {
  const lengths: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const { seconds } = await failNext(app, failure, { request: { model: 'm' } });
    lengths.push(seconds!);
    app.clock.advance(seconds! * 1000);
  }
  return lengths;
}

describe('the schedule', () => {
  test.each([
    ['a rate limit', tooMany, [1, 5, 25, 60, 60].map((minutes) => minutes * 60)],
    ['a refused credential', badKey, [1, 5, 25, 60, 60].map((minutes) => minutes * 60)],
    ['an unpaid bill', unpaid, [5, 10, 20, 24].map((hours) => hours * 3600)],
    ['an overload', overloaded, [10, 50, 250, 600, 600]],
    ['a missing model', noModel, [3600, 3600]],
  ])('of %s', async (_, failure, seconds) => {
    expect(await row(failure, seconds.length)).toEqual(seconds);
  });

  test('shares its count among the reasons of a scope, but for bills', async () => {
    expect(await row(tooMany, 1)).toEqual([60]);
    expect(await row(serverError, 1)).toEqual([300]);
    expect(await row(badKey, 1)).toEqual([60]);
    expect(await row(unpaid, 1)).toEqual([5 * 3600]);
    expect(await row(badKey, 1)).toEqual([300]);
    expect(await row(unpaid, 1)).toEqual([10 * 3600]);
  });

  test('begins anew 24 hours after the last failure, and not before', async () => {
    expect(await row(tooMany, 2)).toEqual([60, 300]);
    app.clock.advance(24 * hour - 300_000 - 1000);
    expect(await row(tooMany, 1)).toEqual([1500]);
    app.clock.advance(24 * hour - 1_500_000);
    expect(await row(tooMany, 2)).toEqual([60, 300]);
  });

  test('begins anew at a success', async () => {
    expect(await row(tooMany, 2)).toEqual([60, 300]);
    await reportSuccess(app, await select(app, { model: 'm' }));
    expect(await row(tooMany, 1)).toEqual([60]);
  });

  test('is a setting', async () => {
    app = await startTestApp({
      config: {
        accounts: [{ id: 'a', platform: 'anthropic' }],
        cooldown: {
          standard: { base: '2s', growth: 2, max_steps: 2, cap: '7s' },
          billing: { base: '1m' },
          model_not_found: '90s',
          forget_after: '1h',
        },
      },
    });
    expect(await row(tooMany, 4)).toEqual([2, 4, 7, 7]);
    expect(await row(unpaid, 1)).toEqual([60]);
    expect(await row(noModel, 1)).toEqual([90]);
    app.clock.advance(hour);
    expect(await row(tooMany, 1)).toEqual([2]);
  });
});

describe('a hint of the upstream', () => {
  test('of 12 s gives 12 s, beats the schedule and counts as a failure all the same', async () => {
    const request = { model: 'm' };
    expect(await failNext(app, tooMany, { request, ...retryAfter(12) })).toMatchObject({
      seconds: 12,
      source: 'UPSTREAM_HINT',
    });
    app.clock.advance(12_000);
    expect(await failNext(app, tooMany, { request })).toMatchObject({ seconds: 300, source: 'SCHEDULE' });
  });

  test('is held to between a second and eight days', async () => {
    const request = { model: 'm' };
    expect(await failNext(app, tooMany, { request, ...retryAfter(0) })).toMatchObject({ seconds: 1 });
    app.clock.advance(1000);
    const far = await failNext(app, tooMany, { request, ...retryAfter(30 * 86_400) });
    expect(far).toMatchObject({ seconds: 8 * 86_400, source: 'UPSTREAM_HINT' });
  });

  test('does not speak for bills, credentials and missing models', async () => {
    for (const [model, failure] of Object.entries({ unpaid, badKey, noModel })) {
      app = await startTestApp({ config: { accounts: [{ id: 'a', platform: 'anthropic' }] } });
      expect(await failNext(app, failure, { request: { model }, ...retryAfter(12) })).toMatchObject({
        source: 'SCHEDULE',
      });
    }
  });

  test('that is shorter or later told never shortens what runs; a longer one lengthens it', async () => {
    const request = { model: 'm' };
    const [one, two, three] = [
      await select(app, request),
      await select(app, request),
      await select(app, request),
    ];
    expect(judged(await reportFailure(app, one, tooMany, retryAfter(30)), app).seconds).toBe(30);
    app.clock.advance(2000);
    expect(judged(await reportFailure(app, two, tooMany, retryAfter(5)), app).seconds).toBe(28);
    const longer = judged(await reportFailure(app, three, serverError, retryAfter(40)), app);
    expect(longer).toMatchObject({ reason: 'SERVER_ERROR', seconds: 40 });
    expect(await cooldownsOf(app, 'a')).toEqual(['m SERVER_ERROR ACCOUNT_MODEL UPSTREAM_HINT 40 1']);
  });

  test('of an exhausted window cools the whole account until the window ends', async () => {
    const reset = Math.floor(app.clock.now() / 1000) + 7200;
    const responseHeaders = {
      'anthropic-ratelimit-unified-5h-status': 'rejected',
      'anthropic-ratelimit-unified-5h-reset': `${reset}`,
    };
    await failNext(app, tooMany, { request: { model: 'm' }, responseHeaders });
    expect(await cooldownsOf(app, 'a')).toEqual(['* RATE_LIMIT ACCOUNT UPSTREAM_HINT 7200 1']);
    const { code, failure } = await refusal(select(app, { model: 'other' }));
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(secondsFromNow(failure?.earliestAvailable, app)).toBe(7200);
  });
});

describe('an upstream window', () => {
  test.each(['success', 'failure'] as const)(
    'told with a %s is the window that costs count in',
    async (outcome) => {
      const selection = await select(app);
      const reset = Math.floor(app.clock.now() / 1000) + 3600;
      const responseHeaders = { 'Anthropic-RateLimit-Unified-5h-Reset': `${reset}` };
      if (outcome === 'success') await reportSuccess(app, selection, { responseHeaders });
      else await reportFailure(app, selection, tooMany, { responseHeaders });
      const { windowStart, windowEnd } = await accountState(app, 'a');
      expect(timestampMs(windowEnd!)).toBe(reset * 1000);
      expect(timestampMs(windowStart!)).toBe(reset * 1000 - 5 * hour);
      app.clock.advance(hour);
      expect(timestampMs((await accountState(app, 'a')).windowStart!) % hour).toBe(0);
    },
  );
});

describe('a success', () => {
  test("starts the counts of the model anew, and the account's", async () => {
    await row(tooMany, 1);
    await row(badKey, 1);
    await row(unpaid, 1);
    await reportSuccess(app, await select(app, { model: 'm' }));
    expect(await row(badKey, 1)).toEqual([60]);
    expect(await row(unpaid, 1)).toEqual([5 * 3600]);
    expect(await row(tooMany, 1)).toEqual([60]);
  });

  test('of a request from before the cooldown ends nothing', async () => {
    const [one, two] = [await select(app, { model: 'm' }), await select(app, { model: 'm' })];
    await reportFailure(app, one, tooMany);
    await reportSuccess(app, two);
    expect(await cooldownsOf(app, 'a')).toEqual(['m RATE_LIMIT ACCOUNT_MODEL SCHEDULE 60 1']);
  });
});

describe('a cooling account', () => {
  test('is seen in ListAccounts, in ExplainSelection and in earliest_available', async () => {
    app = await startTestApp({
      config: {
        accounts: ['a', 'b'].map((id, priority) => ({ id, platform: 'anthropic', priority })),
      },
    });
    await failNext(app, tooMany, { request: { model: 'm' }, ...retryAfter(90) });
    await failNext(app, badKey, { request: { model: 'm' } });
    expect(await cooldownsOf(app, 'a')).toEqual(['m RATE_LIMIT ACCOUNT_MODEL UPSTREAM_HINT 90 1']);
    expect(await cooldownsOf(app, 'b')).toEqual(['* AUTH ACCOUNT SCHEDULE 60 1']);
    const { accounts, failure, wouldSelect } = await app.admin.explainSelection({ select: { model: 'm' } });
    expect(wouldSelect).toBe('');
    expect(accounts.map(({ accountId, verdict, rank }) => [accountId, verdict, rank])).toEqual([
      ['a', Verdict.MODEL_COOLING_DOWN, 0],
      ['b', Verdict.COOLING_DOWN, 0],
    ]);
    expect(accounts.map(({ state }) => state!.cooldowns.length)).toEqual([1, 1]);
    expect(secondsFromNow(failure?.earliestAvailable, app)).toBe(60);
    const refused = await refusal(select(app, { model: 'm' }));
    expect(refused.code).toBe('RESOURCE_EXHAUSTED');
    expect(refused.failure).toEqual(failure);
  });

  test('opens at once, counts and all, when an operator clears it', async () => {
    await row(tooMany, 1);
    await failNext(app, tooMany, { request: { model: 'm' } });
    expect(await app.admin.clearCooldowns({ accountId: 'a' })).toMatchObject({ cleared: 1 });
    expect(await row(tooMany, 1)).toEqual([60]);
  });
});
