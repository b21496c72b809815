import { describe, expect, test } from 'vitest';
import { Verdict } from '../../gen/remora/v1/selection_pb.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import {
  badFormat,
  cooldownsOf,
  failNext,
  refusal,
  rejected,
  reportFailure,
  select,
  selectionIn,
  told,
  tooMany,
} from './failover-steps.ts';

const glm = (keys: number) => ({
  id: 'glm-4.7',
  platform: 'zhipu',
  models: ['glm-4.7', 'glm-4.6'],
  api_keys: Array.from({ length: keys }, (_, index) => `key-${index + 1}`),
});

const start = (config: object): Promise<RunningApp> =>
  startTestApp({ config: { default_platform: 'zhipu', ...config } });

const first = { model: 'glm-4.7' };

describe('a family of three keys', () => {
  const threeKeys = () => start({ accounts: [glm(3)] });

  test('serves by the second key when the first answers 429, and tells of the one failed attempt', async () => {
    const app = await threeKeys();
    const one = await select(app, first);
    expect([one.account!.id, one.attempt, told(one.attempts)]).toEqual(['glm-4.7', 1, []]);
    await reportFailure(app, one, tooMany, { duration: { seconds: 3n } });
    const two = await select(app, { failoverFrom: one.lease!.id });
    expect([two.account!.id, two.attempt]).toEqual(['glm-4.7__key_1', 2]);
    expect(told(two.attempts)).toEqual(['glm-4.7/glm-4.7 RATE_LIMIT']);
    expect(two.attempts[0]!.duration).toMatchObject({ seconds: 3n });
  });

  test('is exhausted after a 429 of each, in three attempts and in order', async () => {
    const app = await threeKeys();
    const tried: string[] = [];
    let failoverFrom = '';
    for (let key = 0; key < 3; key += 1) {
      const selection = await select(app, failoverFrom === '' ? first : { failoverFrom });
      tried.push(selection.account!.id);
      failoverFrom = selection.lease!.id;
      await reportFailure(app, selection, tooMany);
    }
    expect(tried).toEqual(['glm-4.7', 'glm-4.7__key_1', 'glm-4.7__key_2']);
    const { code, failure } = await refusal(select(app, { failoverFrom }));
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(told(failure?.attempts)).toEqual(tried.map((key) => `${key}/glm-4.7 RATE_LIMIT`));
    expect(failure?.attemptsOmitted).toBe(0);
    expect(rejected(failure)).toEqual({ EXCLUDED: 3 });
  });

  test('whose first key cools already takes one call, at the second, and marks the first as skipped', async () => {
    const app = await threeKeys();
    await failNext(app, tooMany, { request: first });
    const selection = await select(app, first);
    expect([selection.account!.id, selection.attempt]).toEqual(['glm-4.7__key_1', 1]);
    expect(told(selection.attempts)).toEqual(['glm-4.7/glm-4.7 RATE_LIMIT skipped']);
    expect(selection.attempts[0]!.duration).toBeUndefined();
  });

  test('goes on to the third key over a 429 and a timeout in words', async () => {
    const app = await threeKeys();
    const one = await select(app, first);
    const two = selectionIn((await reportFailure(app, one, tooMany, { selectNext: true })).next);
    const timedOut = { message: 'Post "https://open.bigmodel.cn": context deadline exceeded' };
    const three = selectionIn((await reportFailure(app, two, timedOut, { selectNext: true })).next);
    expect([three.account!.id, three.attempt]).toEqual(['glm-4.7__key_2', 3]);
    expect(told(three.attempts)).toEqual(['glm-4.7/glm-4.7 RATE_LIMIT', 'glm-4.7__key_1/glm-4.7 TIMEOUT']);
  });

  test('keeps its other keys, and the other models of the same key, open while one cools', async () => {
    const app = await threeKeys();
    await failNext(app, tooMany, { request: first });
    expect((await select(app, { model: 'glm-4.6' })).account!.id).toBe('glm-4.7');
    expect((await select(app, first)).account!.id).toBe('glm-4.7__key_1');
    expect(await cooldownsOf(app, 'glm-4.7')).toEqual(['glm-4.7 RATE_LIMIT ACCOUNT_MODEL SCHEDULE 60 1']);
    expect(await cooldownsOf(app, 'glm-4.7__key_1')).toEqual([]);
  });

  test('ends at a request the upstream can not read: one attempt, no key cooled, no other tried', async () => {
    const app = await threeKeys();
    const one = await select(app, first);
    const { classification, next, nextFailure } = await reportFailure(app, one, badFormat, {
      selectNext: true,
    });
    expect(classification).toMatchObject({ failover: false });
    expect(classification!.cooldown).toBeUndefined();
    expect(next).toBeUndefined();
    expect(told(nextFailure?.attempts)).toEqual(['glm-4.7/glm-4.7 FORMAT']);
    const { code, failure } = await refusal(select(app, { failoverFrom: one.lease!.id }));
    expect(code).toBe('FAILED_PRECONDITION');
    expect(told(failure?.attempts)).toEqual(['glm-4.7/glm-4.7 FORMAT']);
    expect(await cooldownsOf(app, 'glm-4.7')).toEqual([]);
    expect((await select(app, first)).account!.id).toBe('glm-4.7');
  });
});

describe('two keys and a fallback of another platform', () => {
  const twoKeys = () =>
    start({
      accounts: [glm(2), { id: 'minimax', platform: 'minimax', models: ['minimax'] }],
      models: [{ name: 'glm-4.7', fallbacks: ['minimax/minimax'] }],
    });

  test.each([
    ['as the request left it', {}],
    ['with its platform forced', { platform: 'zhipu' }],
  ])('are asked in exactly this order, %s', async (_, forced) => {
    const app = await twoKeys();
    const asked: unknown[] = [];
    let selection = await select(app, { ...first, ...forced });
    for (;;) {
      const { account, attempt, upstreamModel } = selection;
      asked.push([attempt, `${account!.platform}/${account!.id}`, upstreamModel]);
      const { next, nextFailure } = await reportFailure(app, selection, tooMany, { selectNext: true });
      if (next === undefined) {
        expect(told(nextFailure!.attempts)).toEqual([
          'glm-4.7/glm-4.7 RATE_LIMIT',
          'glm-4.7__key_1/glm-4.7 RATE_LIMIT',
          'minimax/minimax RATE_LIMIT',
        ]);
        break;
      }
      selection = selectionIn(next);
    }
    expect(asked).toEqual([
      [1, 'zhipu/glm-4.7', 'glm-4.7'],
      [2, 'zhipu/glm-4.7__key_1', 'glm-4.7'],
      [3, 'minimax/minimax', 'minimax'],
    ]);
  });

  test('go on to the fallback on a first attempt, where every key cools', async () => {
    const app = await twoKeys();
    await failNext(app, tooMany, { request: first });
    await failNext(app, tooMany, { request: first });
    const selection = await select(app, first);
    expect([selection.account!.id, selection.upstreamModel, selection.attempt]).toEqual([
      'minimax',
      'minimax',
      1,
    ]);
    expect(told(selection.attempts)).toEqual([
      'glm-4.7/glm-4.7 RATE_LIMIT skipped',
      'glm-4.7__key_1/glm-4.7 RATE_LIMIT skipped',
    ]);
  });

  test('leave a session with its fallback account, and say where it came from', async () => {
    const app = await twoKeys();
    const one = await select(app, { ...first, sessionId: 's' });
    const two = selectionIn((await reportFailure(app, one, tooMany, { selectNext: true })).next);
    const three = selectionIn((await reportFailure(app, two, tooMany, { selectNext: true })).next);
    expect(three.account!.id).toBe('minimax');
    expect(three.movedFrom).toMatchObject({ accountId: 'glm-4.7__key_1', verdict: Verdict.EXCLUDED });
  });
});
