import { beforeEach, describe, expect, test } from 'vitest';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import {
  badFormat,
  failNext,
  leaseIdOf,
  reportCancelled,
  reportFailure,
  reportSuccess,
  select,
  selectionIn,
  serverError,
  tooMany,
  unpaid,
} from './failover-steps.ts';

const account = (id: string, parts: object = {}) => ({ id, platform: 'anthropic', ...parts });

let app: RunningApp;

beforeEach(async () => {
  app = await startTestApp({
    config: { accounts: ['a', 'b', 'c'].map((id, priority) => account(id, { priority })) },
  });
});

/** Every series of a metric that is not 0, by the values of its labels. */
async function series(name: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${app.httpUrl}/metrics`)).text();
  const found: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const match = /^(\w+)\{(.*)\} (\S+)$/.exec(line);
    if (match === null || match[1] !== name || match[3] === '0') continue;
    found[[...match[2]!.matchAll(/"([^"]*)"/g)].map(([, value]) => value).join(' ')] = Number(match[3]);
  }
  return found;
}

describe('the metrics of failover', () => {
  test('count reports by outcome and reason', async () => {
    await reportSuccess(app, await select(app));
    await reportCancelled(app, await select(app));
    await failNext(app, badFormat);
    const failed = await select(app);
    await reportFailure(app, failed, tooMany);
    await reportFailure(app, failed, tooMany);
    expect(await series('remora_reports_total')).toEqual({
      'success ': 1,
      'cancelled CANCELLED': 1,
      'failure FORMAT': 1,
      'failure RATE_LIMIT': 1,
      'duplicate ': 1,
    });
  });

  test('count each attempt that followed a failed one, by its reason, and once', async () => {
    const one = await select(app);
    const two = selectionIn((await reportFailure(app, one, tooMany, { selectNext: true })).next);
    await reportFailure(app, one, tooMany, { selectNext: true });
    await reportFailure(app, two, serverError);
    await select(app, { failoverFrom: leaseIdOf(two) });
    expect(await series('remora_failovers_total')).toEqual({ RATE_LIMIT: 1, SERVER_ERROR: 1 });
  });

  test('count a selection that a report made like any other', async () => {
    const one = await select(app);
    const two = selectionIn((await reportFailure(app, one, tooMany, { selectNext: true })).next);
    const three = selectionIn((await reportFailure(app, two, tooMany, { selectNext: true })).next);
    await reportFailure(app, three, tooMany, { selectNext: true });
    expect(await app.metric('remora_selections_total', { outcome: 'selected' })).toBe(3);
    expect(await app.metric('remora_selections_total', { outcome: 'exhausted' })).toBe(1);
    expect(await app.metric('remora_selection_duration_seconds_count')).toBe(4);
  });

  test('count cooldowns begun or prolonged, not those that stand', async () => {
    const leases = await Promise.all(
      Array.from({ length: 4 }, () => select(app, { excludedAccountIds: ['b', 'c'] })),
    );
    const headers = (seconds: string) => ({ responseHeaders: { 'retry-after': seconds } });
    await reportFailure(app, leases[0]!, tooMany, headers('10'));
    await reportFailure(app, leases[1]!, tooMany, headers('5'));
    await reportFailure(app, leases[2]!, tooMany, headers('20'));
    await reportFailure(app, leases[3]!, unpaid);
    expect(await series('remora_cooldowns_total')).toEqual({
      'RATE_LIMIT ACCOUNT_MODEL UPSTREAM_HINT': 2,
      'BILLING ACCOUNT SCHEDULE': 1,
    });
  });

  test('show which accounts cool, until they do no more', async () => {
    await failNext(app, tooMany, { request: { model: 'm' } });
    expect(await series('remora_account_cooling_down')).toEqual({ a: 1 });
    app.clock.advance(60_000);
    expect(await series('remora_account_cooling_down')).toEqual({});
  });

  test('take back nothing of what a platform fault undoes, and count no cooldown for it', async () => {
    const one = await select(app);
    const two = selectionIn((await reportFailure(app, one, serverError, { selectNext: true })).next);
    await reportFailure(app, two, serverError);
    expect(await series('remora_cooldowns_total')).toEqual({ 'SERVER_ERROR ACCOUNT_MODEL SCHEDULE': 1 });
    expect(await series('remora_account_cooling_down')).toEqual({});
  });
});

describe('the log of a failure', () => {
  const lines = () => app.logs.filter(({ reason }) => reason !== undefined);

  test('says in one line what happened to whom, on what evidence, and until when', async () => {
    await failNext(app, tooMany, { request: { model: 'm' }, responseHeaders: { 'retry-after': '12' } });
    const until = new Date(app.clock.now() + 12_000).toISOString();
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatchObject({
      account: 'a',
      model: 'm',
      reason: 'RATE_LIMIT',
      evidence: expect.stringMatching(/rate_limit_error|429|words/),
      hint: expect.stringMatching(/retry-after/i),
      scope: 'ACCOUNT_MODEL',
      source: 'UPSTREAM_HINT',
      until,
      failures: 1,
      msg: `account a failed for model m: RATE_LIMIT; it cools down for that model until ${until}`,
    });
  });

  test('names the scope, and counts bills apart', async () => {
    await failNext(app, serverError);
    app.clock.advance(60_000);
    await failNext(app, unpaid);
    const until = new Date(app.clock.now() + 5 * 3_600_000).toISOString();
    expect(lines().at(-1)).toMatchObject({
      failures: 1,
      scope: 'ACCOUNT',
      msg: `account a failed for any model: BILLING; it cools down for every model until ${until}`,
    });
  });

  test("blames nobody for the caller's fault or the platform's", async () => {
    await failNext(app, badFormat, { request: { model: 'm' } });
    expect(lines().at(-1)!.msg).toBe('account a failed for model m: FORMAT; it is not blamed');
    const one = await select(app, { model: 'm' });
    const two = selectionIn((await reportFailure(app, one, serverError, { selectNext: true })).next);
    await reportFailure(app, two, serverError);
    expect(lines().at(-1)!.msg).toBe(
      'account b failed for model m: SERVER_ERROR; another account of its platform answered alike, so neither is blamed',
    );
  });

  test('tells a cooldown that stands from one that begins, and a repeated report not at all', async () => {
    const [one, two] = [await select(app), await select(app, { excludedAccountIds: ['b', 'c'] })];
    await reportFailure(app, one, tooMany);
    await reportFailure(app, two, tooMany);
    await reportFailure(app, two, tooMany);
    expect(lines().map(({ level, msg }) => [level, String(msg).split('; ')[1]!.split(' until')[0]])).toEqual([
      ['warn', 'it cools down for that model'],
      ['info', 'its cooldown for that model stands'],
    ]);
  });

  test.each<[string, object, Record<string, string>]>([
    ['decided by a code', { code: 'rate_limit_exceeded', message: 'SECRET' }, { authorization: 'SECRET' }],
    ['decided by a code with more behind it', { code: 'ThrottlingException:http://SECRET' }, {}],
    [
      'decided by a header with more behind it',
      {},
      { 'x-amzn-errortype': 'ThrottlingException:http://SECRET' },
    ],
    ['decided by words', { message: 'SECRET: too many requests by SECRET, try again in 3 s SECRET' }, {}],
    ['decided by nothing but the status', { message: 'SECRET' }, { 'retry-after': 'SECRET' }],
  ])('holds nothing of what the upstream or the caller wrote, %s', async (_, error, responseHeaders) => {
    const failure = { httpStatus: 429, message: 'SECRET', body: JSON.stringify({ error }) };
    expect(await failNext(app, failure, { responseHeaders })).toMatchObject({ reason: 'RATE_LIMIT' });
    expect(lines()).toHaveLength(1);
    expect(JSON.stringify(lines())).not.toMatch(/secret/i);
  });
});
