import { describe, expect, it } from 'vitest';
import { Sticky, StickyPolicy, Verdict } from '../../gen/remora/v1/selection_pb.ts';
import {
  failedWith,
  nameOf,
  refusalOf,
  rejectionsOf,
  report,
  seconds,
  select,
  selectId,
} from '../support/calls.ts';
import { counted } from '../support/metric-deltas.ts';
import { subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

const sticky = ['sticky_'];
const two = {
  groups: [{ id: 'g' }, { id: 'h' }],
  accounts: [
    subscription('a', { groups: ['g', 'h'], priority: 1 }),
    subscription('b', { groups: ['g', 'h'], priority: 2 }),
  ],
};

/** Binds the session to `b`, which nobody would choose by itself. */
async function bindToB(app: RunningApp, groupId = 'g'): Promise<void> {
  await report(app, await select(app, { groupId, sessionId: 's', excludedAccountIds: ['a'] }));
}

const outcomeOf = (selection: { sticky: Sticky }) => nameOf(Sticky, selection.sticky);

describe('the read of a binding', () => {
  it('misses once for a session that has none', async () => {
    const app = await startTestApp({ config: two });
    const moved = await counted(app, sticky, async () => {
      expect(outcomeOf(await select(app, { sessionId: 's' }))).toBe('BOUND');
    });
    expect(moved).toEqual({ 'sticky_reads{result="miss"}': 1, 'sticky_changes{change="bound"}': 1 });
  });

  it('hits once for a session that has one', async () => {
    const app = await startTestApp({ config: two });
    await bindToB(app);
    const moved = await counted(app, sticky, async () => {
      const selection = await select(app, { sessionId: 's' });
      expect(selection.account?.id).toBe('b');
      expect(outcomeOf(selection)).toBe('KEPT');
    });
    expect(moved).toEqual({ 'sticky_reads{result="hit"}': 1, 'sticky_changes{change="kept"}': 1 });
  });

  it('does not happen with a prefetched one of the same group', async () => {
    const app = await startTestApp({ config: two });
    const moved = await counted(app, sticky, async () => {
      const selection = await select(app, {
        sessionId: 's',
        prefetchedSticky: { accountId: 'b', groupId: 'g' },
      });
      expect(selection.account?.id).toBe('b');
      expect(outcomeOf(selection)).toBe('KEPT');
    });
    expect(moved).toEqual({ 'sticky_reads{result="prefetched"}': 1, 'sticky_changes{change="kept"}': 1 });
    expect(await selectId(app, { sessionId: 's' })).toBe('b');
  });

  it('does not happen with a prefetched one where neither names a group', async () => {
    const config = {
      groups: [],
      accounts: [subscription('a', { groups: [] }), subscription('b', { groups: [] })],
    };
    const app = await startTestApp({ config });
    const moved = await counted(app, ['sticky_reads'], () =>
      select(app, { groupId: '', sessionId: 's', prefetchedSticky: { accountId: 'b' } }),
    );
    expect(moved).toEqual({ 'sticky_reads{result="prefetched"}': 1 });
  });

  it.each([
    { of: 'another group', prefetchedSticky: { accountId: 'b', groupId: 'h' } },
    { of: 'no group', prefetchedSticky: { accountId: 'b' } },
    { of: 'no account', prefetchedSticky: { groupId: 'g' } },
  ])('happens once with a prefetched one of $of', async ({ prefetchedSticky }) => {
    const app = await startTestApp({ config: two });
    const moved = await counted(app, sticky, async () => {
      expect(await selectId(app, { sessionId: 's', prefetchedSticky })).toBe('a');
    });
    expect(moved).toEqual({ 'sticky_reads{result="miss"}': 1, 'sticky_changes{change="bound"}': 1 });
  });

  it('does not happen without a session', async () => {
    const app = await startTestApp({ config: two });
    expect(await counted(app, sticky, () => select(app))).toEqual({});
  });

  it('is one a call where many of one session come at once, and all get one account', async () => {
    const app = await startTestApp({ config: two });
    const twelve = Array.from({ length: 12 });
    const moved = await counted(app, sticky, async () => {
      const ids = await Promise.all(twelve.map(() => selectId(app, { sessionId: 's' })));
      expect(new Set(ids).size).toBe(1);
    });
    expect(moved['sticky_changes{change="bound"}']).toBe(1);
    expect(moved['sticky_changes{change="kept"}']).toBe(11);
    expect((moved['sticky_reads{result="hit"}'] ?? 0) + (moved['sticky_reads{result="miss"}'] ?? 0)).toBe(12);
  });

  it('is counted for a selection that finds nothing, too', async () => {
    const app = await startTestApp({ config: two });
    const nothing = { sessionId: 's', excludedAccountIds: ['a', 'b'] };
    expect(await counted(app, sticky, () => refusalOf(select(app, nothing)))).toEqual({
      'sticky_reads{result="miss"}': 1,
    });
  });
});

describe('a binding', () => {
  it('belongs to a group', async () => {
    const app = await startTestApp({ config: two });
    await bindToB(app);
    expect(await selectId(app, { groupId: 'h', sessionId: 's' })).toBe('a');
    expect(await selectId(app, { sessionId: 's' })).toBe('b');
  });

  it('lasts an hour from the last request, not from the first', async () => {
    const app = await startTestApp({ config: two });
    await bindToB(app);
    app.clock.advance(3_599_000);
    expect(await selectId(app, { sessionId: 's' })).toBe('b');
    app.clock.advance(3_599_000);
    expect(await selectId(app, { sessionId: 's' })).toBe('b');
    app.clock.advance(3_600_000);
    expect(await selectId(app, { sessionId: 's' })).toBe('a');
  });

  it('moves with who serves the session, and says from where and why', async () => {
    const app = await startTestApp({ config: two });
    await bindToB(app);
    const moved = await counted(app, sticky, async () => {
      const selection = await select(app, { sessionId: 's', excludedAccountIds: ['b'] });
      expect(outcomeOf(selection)).toBe('MOVED');
      expect(selection.movedFrom?.accountId).toBe('b');
      expect(nameOf(Verdict, selection.movedFrom?.verdict)).toBe('EXCLUDED');
    });
    expect(moved).toEqual({ 'sticky_reads{result="hit"}': 1, 'sticky_changes{change="moved"}': 1 });
    expect(await selectId(app, { sessionId: 's' })).toBe('a');
  });

  it.each([
    { why: 'cools', verdict: 'MODEL_COOLING_DOWN', fell: (app: RunningApp) => fail(app, 429) },
    { why: 'cools as a whole', verdict: 'COOLING_DOWN', fell: (app: RunningApp) => fail(app, 401) },
    {
      why: 'is switched off',
      verdict: 'DISABLED',
      fell: (app: RunningApp) => app.admin.setAccountSchedulable({ accountId: 'b', schedulable: false }),
    },
    {
      why: 'leaves the configuration',
      verdict: 'DISABLED',
      fell: async (app: RunningApp) => app.reload({ ...two, accounts: two.accounts.slice(0, 1) }),
    },
  ])('moves where its account $why', async ({ verdict, fell }) => {
    const app = await startTestApp({ config: two });
    await bindToB(app);
    await fell(app);
    const selection = await select(app, { sessionId: 's' });
    expect(selection.account?.id).toBe('a');
    expect(selection.movedFrom?.accountId).toBe('b');
    expect(nameOf(Verdict, selection.movedFrom?.verdict)).toBe(verdict);
  });

  it('is cleared where its account cools and nobody else can serve', async () => {
    const app = await startTestApp({ config: two });
    await bindToB(app);
    await fail(app, 401);
    const request = { sessionId: 's', excludedAccountIds: ['a'] };
    const moved = await counted(app, sticky, () => refusalOf(select(app, request)));
    expect(moved).toEqual({ 'sticky_reads{result="hit"}': 1, 'sticky_changes{change="cleared"}': 1 });
    expect(await counted(app, sticky, () => refusalOf(select(app, request)))).toEqual({
      'sticky_reads{result="miss"}': 1,
    });
  });

  it('that only the caller knows of is not cleared', async () => {
    const app = await startTestApp({ config: two });
    await app.admin.setAccountSchedulable({ accountId: 'b', schedulable: false });
    const request = {
      sessionId: 's',
      excludedAccountIds: ['a'],
      prefetchedSticky: { accountId: 'b', groupId: 'g' },
    };
    expect(await counted(app, sticky, () => refusalOf(select(app, request)))).toEqual({
      'sticky_reads{result="prefetched"}': 1,
    });
  });

  it('stays where its account is merely full, and the session waits for it', async () => {
    const [a, b] = two.accounts;
    const app = await startTestApp({ config: { ...two, accounts: [a, { ...b, concurrency: 1 }] } });
    const held = await select(app, { sessionId: 's', excludedAccountIds: ['a'] });
    const waiting = select(app, { sessionId: 's', maxWait: seconds(5) });
    await report(app, held);
    expect((await waiting).account?.id).toBe('b');
  });
});

describe('a caller that insists on the bound account', () => {
  const insist = { sessionId: 's', stickyPolicy: StickyPolicy.REQUIRE };

  it('gets it', async () => {
    const app = await startTestApp({ config: two });
    await bindToB(app);
    expect(await selectId(app, insist)).toBe('b');
  });

  it('gets none where the session has none', async () => {
    const app = await startTestApp({ config: two });
    const { code, failure } = await refusalOf(select(app, insist));
    expect(code).toBe('FAILED_PRECONDITION');
    expect(rejectionsOf(failure)).toEqual({});
  });

  it('is told when it is back where it cools, and the binding stays', async () => {
    const app = await startTestApp({ config: two });
    await bindToB(app);
    await fail(app, 401);
    const { code, failure, retryAfterMs } = await refusalOf(select(app, insist));
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(rejectionsOf(failure)).toEqual({ COOLING_DOWN: 1 });
    expect(retryAfterMs).toBe(60_000);
    app.clock.advance(60_000);
    expect(await selectId(app, insist)).toBe('b');
  });

  it('waits for it in line where it is full', async () => {
    const [a, b] = two.accounts;
    const app = await startTestApp({ config: { ...two, accounts: [a, { ...b, concurrency: 1 }] } });
    const held = await select(app, { sessionId: 's', excludedAccountIds: ['a'] });
    const waiting = select(app, { ...insist, maxWait: seconds(5) });
    await report(app, held);
    expect((await waiting).account?.id).toBe('b');
  });
});

/** Lets account `b` answer with this status. */
async function fail(app: RunningApp, status: number): Promise<void> {
  await report(app, await select(app, { excludedAccountIds: ['a'] }), failedWith(status));
}
