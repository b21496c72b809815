import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { CooldownScope, CooldownSource, FailoverReason } from '../../gen/remora/v1/failure_pb.ts';
import { costing, failedWith, nameOf, refusalOf, report, select, selectId } from '../support/calls.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

const two = groupOf([subscription('a', { priority: 1 }), subscription('b', { priority: 2 })]);

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'OK',
    (error: unknown) => Code[ConnectError.from(error).code],
  );

describe('SetAccountSchedulable', () => {
  it('takes an account out and puts it back, over what the configuration says, reloads included', async () => {
    const app = await startTestApp({ config: two });
    await app.admin.setAccountSchedulable({ accountId: 'a', schedulable: false, reason: 'looks odd' });
    expect(await selectId(app)).toBe('b');
    app.reload(
      groupOf([subscription('a', { priority: 1, name: 'renamed' }), subscription('b', { priority: 2 })]),
    );
    expect(await selectId(app)).toBe('b');
    const [account] = (await app.admin.listAccounts({ accountIds: ['a'] })).accounts;
    expect(account).toMatchObject({ schedulable: false, account: { name: 'renamed' } });
    await app.admin.setAccountSchedulable({ accountId: 'a', schedulable: true });
    expect(await selectId(app)).toBe('a');
  });

  it('puts an account to use that the configuration keeps out', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a', { schedulable: false })]) });
    expect((await refusalOf(select(app))).code).toBe('FAILED_PRECONDITION');
    await app.admin.setAccountSchedulable({ accountId: 'a', schedulable: true });
    expect(await selectId(app)).toBe('a');
  });

  it('of an unknown account, or of none, is refused', async () => {
    const app = await startTestApp({ config: two });
    expect(await codeOf(app.admin.setAccountSchedulable({ accountId: 'nobody' }))).toBe('NotFound');
    expect(await codeOf(app.admin.setAccountSchedulable({}))).toBe('InvalidArgument');
  });
});

describe('ClearCooldowns', () => {
  async function cool(app: RunningApp): Promise<void> {
    for (const model of ['m', 'n'])
      await report(app, await select(app, { model, excludedAccountIds: ['b'] }), failedWith(429));
    await report(app, await select(app, { model: 'm' }), failedWith(401));
  }

  it.each([
    { selector: {}, cleared: 3, m: 'a', n: 'a' },
    { selector: { accountId: 'a' }, cleared: 2, m: 'a', n: 'a' },
    { selector: { accountId: 'a', model: 'm' }, cleared: 1, m: 'a', n: undefined },
    { selector: { model: 'n' }, cleared: 1, m: undefined, n: 'a' },
    { selector: { accountId: 'b' }, cleared: 1, m: 'b', n: 'b' },
  ])('by $selector clears $cleared', async ({ selector, cleared, m, n }) => {
    const app = await startTestApp({ config: two });
    await cool(app);
    expect((await app.admin.clearCooldowns(selector)).cleared).toBe(cleared);
    for (const [model, id] of [
      ['m', m],
      ['n', n],
    ] as const) {
      if (id === undefined) expect((await refusalOf(select(app, { model }))).code).toBe('RESOURCE_EXHAUSTED');
      else expect(await selectId(app, { model })).toBe(id);
    }
  });

  it('forgets how often the account failed, so that the next cooldown is a first one', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    await report(app, await select(app), failedWith(429));
    await app.admin.clearCooldowns({});
    const answer = await report(app, await select(app), failedWith(429));
    expect(timestampMs(answer.classification!.cooldown!.until!)).toBe(app.clock.now() + 60_000);
    app.clock.advance(60_000);
    // Both would be its probe: none is left.
    await app.admin.clearCooldowns({});
    await Promise.all([select(app), select(app)]);
  });

  it('of an unknown account is refused', async () => {
    const app = await startTestApp({ config: two });
    expect(await codeOf(app.admin.clearCooldowns({ accountId: 'nobody' }))).toBe('NotFound');
  });
});

describe('UnbindSessions', () => {
  const config = {
    groups: [{ id: 'g' }, { id: 'h' }],
    accounts: [
      subscription('a', { groups: ['g', 'h'], priority: 1 }),
      subscription('b', { groups: ['g', 'h'], priority: 2 }),
    ],
  };
  const sessions = [
    ['g', 's'],
    ['g', 't'],
    ['h', 's'],
  ] as const;

  it.each([
    { selector: { groupId: 'g', sessionId: 's' }, left: ['g t', 'h s'] },
    { selector: { groupId: 'g' }, left: ['h s'] },
    { selector: { sessionId: 's' }, left: ['g t'] },
    { selector: { accountId: 'b' }, left: [] },
    { selector: { accountId: 'a' }, left: ['g s', 'g t', 'h s'] },
    { selector: { groupId: 'g', accountId: 'b' }, left: ['h s'] },
    { selector: {}, left: [] },
  ])('by $selector leaves $left', async ({ selector, left }) => {
    const app = await startTestApp({ config });
    for (const [groupId, sessionId] of sessions)
      await report(app, await select(app, { groupId, sessionId, excludedAccountIds: ['a'] }));
    await app.admin.unbindSessions(selector);
    const bound: string[] = [];
    for (const [groupId, sessionId] of sessions)
      if ((await selectId(app, { groupId, sessionId })) === 'b') bound.push(`${groupId} ${sessionId}`);
    expect(bound).toEqual(left);
  });
});

describe('ListAccounts', () => {
  it('tells all that is known of an account, and never its credential', async () => {
    const app = await startTestApp({
      config: groupOf([
        subscription('a', {
          name: 'Seat 1',
          credential: { value: 'sk-secret' },
          limits: { window_cost: 100, rpm: 50, sessions: 5 },
        }),
      ]),
    });
    const now = app.clock.now();
    await report(app, await select(app, { sessionId: 's', model: 'm' }), costing(2.5));
    const held = await select(app, { model: 'm' });
    await report(app, held, failedWith(429));
    await select(app, { model: 'n' });
    const answer = await app.admin.listAccounts({ groupId: 'g' });
    expect(
      JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('sk-secret');
    const [account] = answer.accounts;
    expect(account).toMatchObject({
      account: { id: 'a', name: 'Seat 1', platform: 'anthropic' },
      groupIds: ['g'],
      status: 'active',
      schedulable: true,
      inFlight: 1,
      waiting: 0,
      rpm: 3,
      windowCost: 2.5,
      quotaUsed: { daily: 2.5, weekly: 2.5, total: 2.5 },
      sessions: 1,
      probing: false,
    });
    expect(timestampMs(account!.windowStart!)).toBe(now);
    expect(timestampMs(account!.windowEnd!)).toBe(now + 3_600_000);
    expect(Math.trunc(timestampMs(account!.lastUsedAt!))).toBe(now);
    const [cooldown] = account!.cooldowns;
    expect(account!.cooldowns).toHaveLength(1);
    expect(cooldown).toMatchObject({ model: 'm', failures: 1 });
    expect(nameOf(FailoverReason, cooldown!.reason)).toBe('RATE_LIMIT');
    expect(nameOf(CooldownScope, cooldown!.scope)).toBe('ACCOUNT_MODEL');
    expect(nameOf(CooldownSource, cooldown!.source)).toBe('SCHEDULE');
    expect(timestampMs(cooldown!.until!)).toBe(now + 60_000);
  });

  it('tells of the probe that is out', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    await report(app, await select(app), failedWith(429));
    app.clock.advance(60_000);
    await select(app);
    const [account] = (await app.admin.listAccounts({})).accounts;
    expect(account).toMatchObject({ probing: true, cooldowns: [] });
  });

  it('keeps to the group and the accounts asked for', async () => {
    const app = await startTestApp({
      config: {
        groups: [{ id: 'g' }, { id: 'h' }],
        accounts: [subscription('a'), apiKey('b', { groups: ['h'] }), apiKey('c')],
      },
    });
    const ids = async (request: object) =>
      (await app.admin.listAccounts(request)).accounts.map(({ account }) => account?.id);
    expect(await ids({})).toEqual(['a', 'b', 'c']);
    expect(await ids({ groupId: 'g' })).toEqual(['a', 'c']);
    expect(await ids({ groupId: 'g', accountIds: ['c', 'b'] })).toEqual(['c']);
    expect(await codeOf(app.admin.listAccounts({ groupId: 'nowhere' }))).toBe('NotFound');
    expect(await codeOf(app.admin.listAccounts({ accountIds: ['nobody'] }))).toBe('NotFound');
  });
});
