import { describe, expect, test } from 'vitest';
import { Verdict } from '../../gen/remora/v1/selection_pb.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import {
  accountState,
  badFormat,
  cooldownsOf,
  leaseIdOf,
  refusal,
  report,
  reportCancelled,
  reportFailure,
  reportSuccess,
  secondsFromNow,
  select,
  selectionIn,
  serverError,
  told,
  tooMany,
  waitPlan,
} from './failover-steps.ts';

const account = (id: string, parts: object = {}) => ({ id, platform: 'anthropic', ...parts });
const start = (...accounts: readonly object[]): Promise<RunningApp> => startTestApp({ config: { accounts } });

/** Three accounts that are asked in their order. */
const three = () => start(account('a', { priority: 1 }), account('b', { priority: 2 }), account('c'));

async function nextOf(app: RunningApp, leased: Parameters<typeof reportFailure>[1], failure = tooMany) {
  return selectionIn((await reportFailure(app, leased, failure, { selectNext: true })).next);
}

describe('going on with a chain', () => {
  test('comes to the same by select_next and by failover_from', async () => {
    const app = await three();
    const twin = await three();
    const a = await select(app, { model: 'm', sessionId: 's' });
    const byReport = await nextOf(app, a);
    const twinA = await select(twin, { model: 'm', sessionId: 's' });
    await reportFailure(twin, twinA, tooMany);
    const bySelect = await select(twin, { failoverFrom: leaseIdOf(twinA) });
    const { lease: _, ...rest } = byReport;
    const { lease: __, ...same } = bySelect;
    expect(rest).toEqual(same);
    expect(rest.account!.id).toBe('b');
  });

  test('keeps group, model, session, user, platform, exclusions and ttl of the first request', async () => {
    const app = await startTestApp({
      config: {
        groups: [{ id: 'g', platform: 'openai', rate_multiplier: 2, user_rates: { u: 3 } }],
        accounts: [
          ...['a', 'b', 'x'].map((id, priority) =>
            account(id, { groups: ['g'], priority, models: ['m'], type: 'api_key' }),
          ),
          account('other-model', { groups: ['g'], priority: 0, models: ['n'] }),
          account('other-platform', { groups: ['g'], priority: 0, platform: 'openai' }),
          account('other-group', { priority: 0, models: ['m'] }),
        ],
      },
    });
    const one = await select(app, {
      groupId: 'g',
      model: 'm',
      sessionId: 's',
      userId: 'u',
      platform: 'anthropic',
      excludedAccountIds: ['a'],
      leaseTtl: { seconds: 77n },
    });
    expect(one.account!.id).toBe('b');
    await reportFailure(app, one, tooMany);
    const two = await select(app, { failoverFrom: leaseIdOf(one), groupId: 'none', model: 'n', userId: 'v' });
    expect(two.account!.id).toBe('x');
    expect(two.rateMultiplier).toBe(3);
    expect(secondsFromNow(two.lease!.expiresAt, app)).toBe(77);
    expect(two.movedFrom).toMatchObject({ accountId: 'b' });
    const again = await select(app, { groupId: 'g', model: 'm', sessionId: 's', platform: 'anthropic' });
    expect(again.account!.id).toBe('x');
    const { nextFailure } = await reportFailure(app, two, tooMany, { selectNext: true });
    expect(told(nextFailure!.attempts)).toEqual(['b/m RATE_LIMIT', 'x/m RATE_LIMIT']);
  });

  test('keeps them where the failed attempt outlived its lease', async () => {
    const app = await three();
    const a = await select(app, { model: 'm', sessionId: 's', excludedAccountIds: ['b'] });
    const c = await nextOf(app, a);
    app.clock.advance(11 * 60_000);
    const { nextFailure } = await reportFailure(app, c, serverError, { selectNext: true });
    expect(told(nextFailure?.attempts)).toEqual(['a/m RATE_LIMIT', 'c/m SERVER_ERROR']);
  });

  test('moves the session, which stays where it came to', async () => {
    const app = await three();
    const one = await select(app, { model: 'm', sessionId: 's' });
    const two = await nextOf(app, one);
    expect(two.movedFrom).toMatchObject({ accountId: 'a', verdict: Verdict.EXCLUDED });
    await reportSuccess(app, two);
    app.clock.advance(61_000);
    expect((await select(app, { model: 'm', sessionId: 's' })).account!.id).toBe('b');
    expect((await select(app, { model: 'm' })).account!.id).toBe('a');
  });

  test('is refused where the lease was not reported as failed', async () => {
    const app = await three();
    const held = await select(app);
    const served = await select(app);
    await reportSuccess(app, served);
    const givenUp = await select(app);
    await reportCancelled(app, givenUp);
    const nobodyKnows = leaseIdOf(held).replace(/^l1.{9}/, 'l1000000000');
    for (const leased of [held, served, givenUp, nobodyKnows]) {
      const { code, message } = await refusal(select(app, { failoverFrom: leaseIdOf(leased) }));
      expect([code, message.split(':')[0]]).toEqual(['FAILED_PRECONDITION', 'failover_from']);
    }
    expect(await refusal(select(app, { failoverFrom: 'garbage' }))).toMatchObject({ code: 'NOT_FOUND' });
    expect((await accountState(app, 'a')).inFlight).toBe(1);
  });

  test('ends where the caller gave up: no next account, no cooldown', async () => {
    const app = await three();
    const one = await select(app);
    const cancelled = await report(app, one, { outcome: { case: 'cancelled', value: {} }, selectNext: true });
    expect([cancelled.classification, cancelled.next, cancelled.nextFailure]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const two = await select(app);
    const words = await reportFailure(app, two, { message: 'context canceled' }, { selectNext: true });
    expect(words.classification).toMatchObject({ failover: false });
    expect(told(words.nextFailure!.attempts)).toEqual(['a/ CANCELLED']);
    expect(await cooldownsOf(app, 'a')).toEqual([]);
  });

  test('waits for a full account rather than falling back', async () => {
    const app = await startTestApp({
      config: {
        accounts: [
          account('a', { priority: 1, models: ['m'] }),
          account('b', { concurrency: 1, models: ['m'] }),
          account('spare', { models: ['n'] }),
        ],
        models: [{ name: 'm', fallbacks: ['n'] }],
      },
    });
    const holder = await select(app, { model: 'm', excludedAccountIds: ['a'] });
    const one = await select(app, { model: 'm' });
    const { next } = await reportFailure(app, one, tooMany, { selectNext: true });
    expect(next!.outcome).toMatchObject({ case: 'waitPlan', value: { accountId: 'b', maxConcurrency: 1 } });
    expect(await waitPlan(app, { failoverFrom: leaseIdOf(one) })).toMatchObject({ accountId: 'b' });
    const waiting = select(app, { failoverFrom: leaseIdOf(one), maxWait: { seconds: 20n } });
    await expect.poll(async () => (await accountState(app, 'b')).waiting).toBe(1);
    await reportSuccess(app, holder);
    expect(await waiting).toMatchObject({ account: { id: 'b' }, attempt: 2 });
  });

  test('tells of the latest 32 attempts and how many there were before', async () => {
    const app = await start(
      ...Array.from({ length: 40 }, (_, index) => account(`a${index}`, { priority: index })),
    );
    let selection = await select(app);
    for (let attempt = 1; attempt < 40; attempt += 1) selection = await nextOf(app, selection);
    expect([selection.attempt, selection.attempts.length]).toEqual([40, 32]);
    expect(told(selection.attempts).at(-1)).toBe('a38/ RATE_LIMIT');
    const { nextFailure } = await reportFailure(app, selection, tooMany, { selectNext: true });
    expect([nextFailure!.attempts.length, nextFailure!.attemptsOmitted]).toEqual([32, 8]);
    const { failure } = await refusal(select(app, { failoverFrom: leaseIdOf(selection) }));
    expect([told(failure?.attempts)[0], failure?.attemptsOmitted]).toEqual(['a8/ RATE_LIMIT', 8]);
  });
});

describe('a report told again', () => {
  test('answers the same next account while that lease lives', async () => {
    const app = await three();
    const a = await select(app, { model: 'm' });
    const first = await nextOf(app, a);
    const again = await reportFailure(app, a, tooMany, { selectNext: true });
    expect(again.duplicate).toBe(true);
    expect(selectionIn(again.next)).toEqual(first);
    expect((await accountState(app, 'b')).inFlight).toBe(1);
    expect(await cooldownsOf(app, 'a')).toEqual(['m RATE_LIMIT ACCOUNT_MODEL SCHEDULE 60 1']);
  });

  test('answers the account that failover_from gave', async () => {
    const app = await three();
    const a = await select(app);
    await reportFailure(app, a, tooMany);
    const next = await select(app, { failoverFrom: leaseIdOf(a) });
    expect(await nextOf(app, a)).toEqual(next);
  });

  test('gives out one next lease, however many tell it at once', async () => {
    const app = await three();
    const a = await select(app);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        reportFailure(app, a, tooMany, { selectNext: true, usage: { standardCost: 1 } }),
      ),
    );
    expect(new Set(answers.map(({ next }) => leaseIdOf(selectionIn(next)))).size).toBe(1);
    expect(answers.filter(({ duplicate }) => duplicate)).toHaveLength(19);
    expect((await accountState(app, 'b')).inFlight).toBe(1);
    expect((await accountState(app, 'a')).quotaUsed!.total).toBe(1);
  });

  test('changes nothing, whatever it says the second time', async () => {
    const app = await three();
    const a = await select(app);
    await reportSuccess(app, a);
    const { duplicate, next, nextFailure } = await reportFailure(app, a, tooMany, { selectNext: true });
    expect([duplicate, next]).toEqual([true, undefined]);
    expect(nextFailure).toBeDefined();
    expect(await cooldownsOf(app, 'a')).toEqual([]);
    const b = await select(app);
    await reportFailure(app, b, badFormat);
    expect(await reportSuccess(app, b)).toMatchObject({ duplicate: true });
  });
});
