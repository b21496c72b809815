import { describe, expect, test } from 'vitest';
import { RouterService, type SelectAccountResponse } from '../../gen/remora/v1/router_pb.ts';
import { settled } from '../support/manual-clock.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import {
  accountState,
  badFormat,
  cooldownsOf,
  failNext,
  refusal,
  reportCancelled,
  reportFailure,
  reportSuccess,
  select,
  selectionIn,
  tooMany,
  waitPlan,
} from './failover-steps.ts';

const account = (id: string, parts: object = {}) => ({ id, platform: 'anthropic', ...parts });
const start = (...accounts: readonly object[]): Promise<RunningApp> => startTestApp({ config: { accounts } });

/** One account, whose cooldown of a minute has just ended. */
async function recovering(): Promise<RunningApp> {
  const app = await start(account('a'));
  await failNext(app, tooMany);
  app.clock.advance(60_000);
  return app;
}

function together(app: RunningApp, times: number): Promise<readonly SelectAccountResponse[]> {
  const { selectAccount } = RouterService.method;
  return Promise.all(Array.from({ length: times }, () => app.grpc.unary(selectAccount)));
}

const cases = (answers: readonly SelectAccountResponse[]) =>
  Object.entries(Object.groupBy(answers, ({ outcome }) => outcome.case ?? 'none'))
    .map(([name, those]) => `${those!.length} ${name}`)
    .sort();

describe('an account after its cooldown', () => {
  test('takes exactly one of a hundred requests; the others are told to wait', async () => {
    const app = await recovering();
    expect(cases(await together(app, 100))).toEqual(['1 selection', '99 waitPlan']);
    expect(await accountState(app, 'a')).toMatchObject({ inFlight: 1, probing: true });
  });

  test('takes exactly one of a hundred requests; the others go to other accounts', async () => {
    const app = await start(account('a', { priority: 1 }), account('b', { priority: 2 }));
    await failNext(app, tooMany);
    app.clock.advance(60_000);
    const served = (await together(app, 100)).map((answer) => selectionIn(answer).account!.id);
    expect(served.filter((id) => id === 'a')).toHaveLength(1);
    expect(served.filter((id) => id === 'b')).toHaveLength(99);
  });

  test('lets those that wait in on the success of the first', async () => {
    const app = await recovering();
    const probe = await select(app);
    const waiting = Array.from({ length: 5 }, () => select(app, { maxWait: { seconds: 20n } }));
    await expect.poll(async () => (await accountState(app, 'a')).waiting).toBe(5);
    await reportSuccess(app, probe);
    expect((await Promise.all(waiting)).map((selection) => selection.account!.id)).toEqual(
      Array(5).fill('a'),
    );
  });

  test('turns those that wait away on the failure of the first, which cools it for the next step', async () => {
    const app = await recovering();
    const probe = await select(app);
    const waiting = refusal(select(app, { maxWait: { seconds: 20n } }));
    await expect.poll(async () => (await accountState(app, 'a')).waiting).toBe(1);
    await reportFailure(app, probe, tooMany);
    expect(await waiting).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect(await cooldownsOf(app, 'a')).toEqual(['* RATE_LIMIT ACCOUNT_MODEL SCHEDULE 300 2']);
  });

  test("opens at a caller's own fault, with its count kept", async () => {
    const app = await recovering();
    await reportFailure(app, await select(app), badFormat);
    expect(cases(await together(app, 10))).toEqual(['10 selection']);
    expect(await failNext(app, tooMany)).toMatchObject({ seconds: 300 });
  });

  test('opens 10 s after the first request set out, though that is a long stream', async () => {
    const app = await recovering();
    const stream = await select(app);
    app.clock.advance(9_999);
    await waitPlan(app);
    app.clock.advance(1);
    expect(cases(await together(app, 10))).toEqual(['10 selection']);
    await reportSuccess(app, stream);
    expect(cases(await together(app, 10))).toEqual(['10 selection']);
  });

  test('serves a caller that waits once the first request has been out for 10 s', async () => {
    const app = await recovering();
    await select(app);
    const waiting = select(app, { maxWait: { seconds: 25n } });
    await expect.poll(async () => (await accountState(app, 'a')).waiting).toBe(1);
    app.clock.advance(10_000);
    expect(await waiting).toMatchObject({ account: { id: 'a' } });
  });

  test('lets the next one try when the first is cancelled', async () => {
    const app = await recovering();
    await reportCancelled(app, await select(app));
    expect(cases(await together(app, 10))).toEqual(['1 selection', '9 waitPlan']);
  });

  test('lets the next one try when the first gives up by its lease', async () => {
    const app = await start(account('a'));
    await failNext(app, tooMany);
    app.clock.advance(60_000);
    await select(app, { leaseTtl: { seconds: 2n } });
    app.clock.advance(2_000);
    await settled();
    app.clock.advance(500);
    expect(cases(await together(app, 10))).toEqual(['1 selection', '9 waitPlan']);
  });

  test('is open to all at once where the cooldown was shorter than 30 s', async () => {
    const app = await start(account('a'));
    await failNext(app, tooMany, { responseHeaders: { 'retry-after': '29' } });
    app.clock.advance(29_000);
    expect(cases(await together(app, 10))).toEqual(['10 selection']);
  });

  test('takes one request for each model that cooled, and any number for those that did not', async () => {
    const app = await start(account('a'));
    for (const model of ['m', 'n']) await failNext(app, tooMany, { request: { model } });
    app.clock.advance(60_000);
    await select(app, { model: 'm' });
    await select(app, { model: 'n' });
    await waitPlan(app, { model: 'm' });
    await waitPlan(app, { model: 'n' });
    await select(app, { model: 'o' });
  });

  test('goes to the session that is bound to it like to any other', async () => {
    const app = await start(account('a', { priority: 1 }), account('b', { priority: 2 }));
    await select(app, { sessionId: 's', model: 'm' });
    await failNext(app, tooMany, { request: { model: 'm' } });
    app.clock.advance(60_000);
    await select(app, { model: 'm' });
    expect(await waitPlan(app, { sessionId: 's', model: 'm' })).toMatchObject({ accountId: 'a' });
  });
});
