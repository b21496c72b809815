import { describe, expect, test } from 'vitest';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import {
  badFormat,
  cooldownsOf,
  type FailureFields,
  failNext,
  judged,
  leaseIdOf,
  noConnection,
  refusal,
  rejected,
  reportFailure,
  reportSuccess,
  select,
  selectionIn,
  serverError,
  told,
  tooMany,
} from './failover-steps.ts';

const account = (id: string, parts: object = {}) => ({ id, platform: 'anthropic', ...parts });

/** Three accounts of a platform, asked in their order, and one of another behind a fallback. */
function pool(fallbacks: readonly string[] = []): Promise<RunningApp> {
  return startTestApp({
    config: {
      accounts: [
        account('a', { priority: 1, models: ['m', 'm-small'] }),
        account('b', { priority: 2, models: ['m', 'm-small'] }),
        account('c', { priority: 3, models: ['m', 'm-small'] }),
        account('o', { platform: 'openai', models: ['gpt'] }),
      ],
      models: [{ name: 'm', fallbacks }],
    },
  });
}

const internal = (id: string, text = 'Internal server error'): FailureFields => ({
  httpStatus: 500,
  body: `{"type":"error","error":{"type":"api_error","message":"${text}"},"request_id":"req_${id}"}`,
});

async function failOver(app: RunningApp, failures: readonly FailureFields[]) {
  let selection = await select(app, { model: 'm' });
  const asked = [selection.account!.id];
  for (const failure of failures) {
    const answer = await reportFailure(app, selection, failure, { selectNext: true });
    if (answer.next === undefined) return { asked, answer, last: selection };
    selection = selectionIn(answer.next);
    asked.push(selection.account!.id);
  }
  return { asked, answer: undefined, last: selection };
}

describe('one incident', () => {
  test('met by twenty requests in flight counts once', async () => {
    const app = await pool();
    const leases = await Promise.all(
      Array.from({ length: 20 }, () => select(app, { model: 'm', excludedAccountIds: ['b', 'c'] })),
    );
    for (const lease of leases) {
      await reportFailure(app, lease, tooMany);
      app.clock.advance(500);
    }
    expect(await cooldownsOf(app, 'a')).toEqual(['m RATE_LIMIT ACCOUNT_MODEL SCHEDULE 50 1']);
    expect(await app.metric('remora_cooldowns_total', { reason: 'RATE_LIMIT' })).toBe(1);
  });
});

describe("the caller's own fault", () => {
  test.each<[string, FailureFields]>([
    ['FORMAT', badFormat],
    [
      'CONTEXT_OVERFLOW',
      { httpStatus: 400, body: '{"error":{"code":"context_length_exceeded","message":"too long"}}' },
    ],
    ['CANCELLED', { httpStatus: 499, message: 'context canceled' }],
    ['UNKNOWN', { message: 'it went wrong' }],
  ])('%s cools nobody, and ends the chain', async (reason, failure) => {
    const app = await pool();
    for (let time = 0; time < 5; time += 1)
      expect(await failNext(app, failure, { request: { model: 'm' } })).toEqual({ reason, failover: false });
    expect(await cooldownsOf(app, 'a')).toEqual([]);
    expect((await select(app, { model: 'm' })).account!.id).toBe('a');
  });

  test('leaves a count of failures as it was', async () => {
    const app = await pool();
    const request = { model: 'm', excludedAccountIds: ['b', 'c'] };
    await failNext(app, tooMany, { request });
    app.clock.advance(60_000);
    await failNext(app, badFormat, { request });
    expect(await failNext(app, tooMany, { request })).toMatchObject({ seconds: 300 });
  });
});

describe('a 5xx answer that two accounts of a platform give alike', () => {
  test('costs neither its place, and goes on to a fallback of another platform', async () => {
    const app = await pool(['m-small', 'openai/gpt']);
    const { asked, last } = await failOver(app, [internal('011CSHo'), internal('011CXyz9')]);
    expect(asked).toEqual(['a', 'b', 'o']);
    expect(last.upstreamModel).toBe('gpt');
    expect(told(last.attempts)).toEqual(['a/m SERVER_ERROR', 'b/m SERVER_ERROR']);
    for (const id of ['a', 'b', 'c']) expect(await cooldownsOf(app, id)).toEqual([]);
    expect(await failNext(app, tooMany, { request: { model: 'm' } })).toMatchObject({ seconds: 60 });
  });

  test('ends the chain where there is none, with every attempt told', async () => {
    const app = await pool(['m-small']);
    const { asked, answer, last } = await failOver(app, [serverError, serverError]);
    expect(asked).toEqual(['a', 'b']);
    expect(judged(answer!, app)).toEqual({ reason: 'SERVER_ERROR', failover: true });
    expect(told(answer!.nextFailure!.attempts)).toEqual(['a/m SERVER_ERROR', 'b/m SERVER_ERROR']);
    const { code, failure } = await refusal(select(app, { failoverFrom: leaseIdOf(last) }));
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(rejected(failure)).toMatchObject({ EXCLUDED: 3 });
    expect(failure?.earliestAvailable).toBeUndefined();
    expect((await select(app, { model: 'm' })).account!.id).toBe('a');
  });

  test('leaves what others did to the accounts: their counts, and cooldowns that ran already', async () => {
    const app = await pool();
    const [mine, other] = [await select(app, { model: 'm' }), await select(app, { model: 'm' })];
    const second = selectionIn((await reportFailure(app, mine, serverError, { selectNext: true })).next);
    // Another request meets something of its own at the first account, while that cools.
    await reportFailure(app, other, tooMany, { responseHeaders: { 'retry-after': '120' } });
    await reportFailure(app, second, serverError);
    expect(await cooldownsOf(app, 'a')).toEqual([
      expect.stringMatching(/^m RATE_LIMIT \S+ UPSTREAM_HINT 120/),
    ]);
    expect(await cooldownsOf(app, 'b')).toEqual([]);
  });

  test('leaves an account that had a count with it', async () => {
    const app = await pool();
    await failNext(app, tooMany, { request: { model: 'm' } });
    app.clock.advance(60_000);
    await failOver(app, [serverError, serverError]);
    app.clock.advance(10_000);
    expect(await failNext(app, tooMany, { request: { model: 'm' } })).toMatchObject({ seconds: 300 });
  });

  test('met by a probe leaves the account to be probed again', async () => {
    const app = await pool();
    await failNext(app, tooMany, { request: { model: 'm' } });
    app.clock.advance(60_000);
    await failOver(app, [serverError, serverError]);
    const ids = [];
    for (let time = 0; time < 5; time += 1) ids.push((await select(app, { model: 'm' })).account!.id);
    expect(ids.filter((id) => id === 'a')).toHaveLength(1);
  });

  test.each<[string, FailureFields, FailureFields]>([
    ['another message', internal('1'), internal('2', 'Upstream connect error')],
    ['another status', internal('1'), { ...internal('2'), httpStatus: 502 }],
    ['no 5xx', tooMany, tooMany],
    ['no answer at all', noConnection, noConnection],
  ])('is none with %s', async (_, one, two) => {
    const app = await pool(['openai/gpt']);
    const { asked } = await failOver(app, [one, two]);
    expect(asked).toEqual(['a', 'b', 'c']);
    for (const id of ['a', 'b']) expect(await cooldownsOf(app, id)).toHaveLength(1);
  });

  test('is none in two chains, nor at accounts of two platforms', async () => {
    const app = await pool();
    await reportSuccess(app, (await failOver(app, [serverError])).last);
    await failOver(app, [serverError]);
    for (const id of ['a', 'b']) expect(await cooldownsOf(app, id)).toHaveLength(1);
    const mixed = await pool(['openai/gpt']);
    const { asked } = await failOver(mixed, [tooMany, noConnection, serverError, serverError]);
    expect(asked).toEqual(['a', 'b', 'c', 'o']);
    for (const id of ['c', 'o']) expect(await cooldownsOf(mixed, id)).toHaveLength(1);
  });
});
