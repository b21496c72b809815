import { timestampMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import {
  costing,
  failedWith,
  leaseOf,
  planOf,
  refusalOf,
  report,
  seconds,
  select,
} from '../support/calls.ts';
import { counted } from '../support/metric-deltas.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

const one = groupOf([subscription('a', { concurrency: 1 })]);
const minutes = 60_000;

const expiryOf = (selection: Awaited<ReturnType<typeof select>>) => timestampMs(selection.lease!.expiresAt!);
const inFlight = (app: RunningApp) => app.metric('remora_account_in_flight', { account: 'a' });

describe('a lease', () => {
  it('lives ten minutes, or as long as was asked for', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    expect(expiryOf(await select(app))).toBe(app.clock.now() + 10 * minutes);
    expect(expiryOf(await select(app, { leaseTtl: seconds(90) }))).toBe(app.clock.now() + 90_000);
  });

  it('frees its slot the moment it expires, and is counted', async () => {
    const app = await startTestApp({ config: one });
    await select(app, { leaseTtl: seconds(30.2) });
    app.clock.advance(30_199);
    expect((await planOf(app)).accountId).toBe('a');
    app.clock.advance(1);
    await select(app);
    expect(await app.metric('remora_leases_expired_total')).toBe(1);
    expect(await inFlight(app)).toBe(1);
  });

  it('frees its slot though nobody asks', async () => {
    const app = await startTestApp({ config: one });
    await select(app, { leaseTtl: seconds(30) });
    app.clock.advance(30_500);
    expect(await app.metric('remora_leases_expired_total')).toBe(1);
    expect(await inFlight(app)).toBe(0);
    expect(await app.metric('remora_leases_active')).toBe(0);
  });

  it('lives on when it is renewed, by its own length or another', async () => {
    const app = await startTestApp({ config: one });
    const held = await select(app, { leaseTtl: seconds(30) });
    const renew = (ttl?: ReturnType<typeof seconds>) =>
      app.grpc.unary(RouterService.method.renewLease, { leaseId: leaseOf(held), ...(ttl && { ttl }) });
    app.clock.advance(20_000);
    expect(timestampMs((await renew()).lease!.expiresAt!)).toBe(app.clock.now() + 30_000);
    app.clock.advance(29_000);
    expect((await renew(seconds(60))).lease?.id).toBe(leaseOf(held));
    app.clock.advance(59_000);
    expect(await inFlight(app)).toBe(1);
    expect((await refusalOf(renew(seconds(0.5)))).code).toBe('INVALID_ARGUMENT');
    app.clock.advance(1_000);
    expect((await refusalOf(renew())).code).toBe('NOT_FOUND');
  });

  it('that was reported can not be renewed', async () => {
    const app = await startTestApp({ config: one });
    const held = await select(app);
    await report(app, held);
    const renewal = app.grpc.unary(RouterService.method.renewLease, { leaseId: leaseOf(held) });
    expect((await refusalOf(renewal)).code).toBe('NOT_FOUND');
  });

  it('books its usage once, however late and often it is reported', async () => {
    const app = await startTestApp({
      config: groupOf([subscription('a', { limits: { window_cost: 100 } })]),
    });
    const held = await select(app, { leaseTtl: seconds(30) });
    app.clock.advance(31_000);
    const moved = await counted(app, ['reports', 'ledger_writes'], async () => {
      expect((await report(app, held, costing(3))).duplicate).toBe(false);
      expect((await report(app, held, costing(3))).duplicate).toBe(true);
    });
    expect(moved).toEqual({
      'reports{outcome="success",reason=""}': 1,
      'reports{outcome="duplicate",reason=""}': 1,
      'ledger_writes{result="booked"}': 1,
      'ledger_writes{result="duplicate"}': 1,
    });
    const [account] = (await app.admin.listAccounts({ accountIds: ['a'] })).accounts;
    expect(account).toMatchObject({ windowCost: 3, inFlight: 0 });
  });

  it('is ended once by reports that come at once', async () => {
    const app = await startTestApp({
      config: groupOf([subscription('a', { limits: { window_cost: 100 } })]),
    });
    const held = await select(app);
    await select(app);
    const answers = await Promise.all(Array.from({ length: 8 }, () => report(app, held, costing(2))));
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    const [account] = (await app.admin.listAccounts({ accountIds: ['a'] })).accounts;
    expect(account).toMatchObject({ windowCost: 2, inFlight: 1 });
  });
});

describe('a repeated request', () => {
  const again = { requestId: 'r', userId: 'u' };

  it('gets the lease it had, and no second slot', async () => {
    const app = await startTestApp({ config: one });
    const moved = await counted(app, ['selections'], async () => {
      const first = await select(app, again);
      expect(leaseOf(await select(app, again))).toBe(leaseOf(first));
    });
    expect(moved).toEqual({
      'selections{outcome="selected",sticky="none",tier="0"}': 1,
      'selections{outcome="replayed",sticky="none",tier="0"}': 1,
    });
    expect(await inFlight(app)).toBe(1);
  });

  it('gets one lease where two come at once', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a'), subscription('b')]) });
    const got = await Promise.all(Array.from({ length: 6 }, () => select(app, again)));
    expect(new Set(got.map(leaseOf)).size).toBe(1);
    expect(await app.metric('remora_leases_active')).toBe(1);
  });

  it.each([
    { of: 'another user', other: { ...again, userId: 'v' } },
    { of: 'no user', other: { requestId: 'r' } },
    { of: 'another group', other: { ...again, groupId: 'h' } },
    { of: 'another id', other: { ...again, requestId: 'q' } },
  ])('is another one where it is of $of', async ({ other }) => {
    const config = {
      groups: [{ id: 'g' }, { id: 'h' }],
      accounts: [subscription('a', { groups: ['g', 'h'] })],
    };
    const app = await startTestApp({ config });
    const first = await select(app, again);
    expect(leaseOf(await select(app, other))).not.toBe(leaseOf(first));
  });

  it('is another one where it follows another attempt', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a'), apiKey('b'), apiKey('c')]) });
    const first = await select(app, again);
    await report(app, first, failedWith(500));
    const next = { ...again, failoverFrom: leaseOf(first) };
    const second = await select(app, next);
    expect(leaseOf(second)).not.toBe(leaseOf(first));
    expect(leaseOf(await select(app, next))).toBe(leaseOf(second));
  });

  it('is a new one once its lease has ended', async () => {
    const app = await startTestApp({ config: one });
    const first = await select(app, again);
    await report(app, first);
    const second = await select(app, again);
    expect(leaseOf(second)).not.toBe(leaseOf(first));
    app.clock.advance(10 * minutes);
    expect(leaseOf(await select(app, again))).not.toBe(leaseOf(second));
  });

  it('gets another account where its own has left the configuration, and holds one slot', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a'), apiKey('b', { priority: 90 })]) });
    await select(app, again);
    app.reload(groupOf([apiKey('b', { priority: 90 })]));
    expect((await select(app, again)).account?.id).toBe('b');
    expect(await app.metric('remora_leases_active')).toBe(1);
  });
});
