import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/ports/state-store.ts';
import { type CreateStateStore, minuteMs, secondMs, useStateStore } from './state-store-rig.ts';

/** How leases end, and what is known of them then. */
export function stateStoreLeasesContract(create: CreateStateStore): void {
  describe('leases', () => {
    const rig = useStateStore(create);
    const one = [{ accountId: 'a', concurrency: 1 }];
    /** A lease that this store never granted. */
    const strangeLease = (): Lease => {
      const { nonce, candidates, nowMs, ttlMs, grant, groupId, model } = rig.claimRequest();
      return {
        id: `${nonce}.${candidates[0]!.leaseSuffix}`,
        accountId: 'a',
        groupId,
        model,
        grantedAtMs: nowMs,
        expiresAtMs: nowMs + ttlMs,
        ttlMs,
        grant: { ...grant, sticky: 'NONE' },
      };
    };
    const fateOf = async ({ id }: Lease) => rig.store.fate(id, rig.nowMs);

    describe('that expire', () => {
      it('free their slot at the very millisecond, without anything having looked', async () => {
        await rig.grant({ of: one, ttlMs: 1_234 });
        rig.pass(1_233);
        expect(await rig.refusal({ of: one })).toEqual(['CONCURRENCY_FULL']);
        rig.pass(1);
        await rig.grant({ of: one });
        expect(rig.inFlight()).toBe(1);
      });

      it('are found and counted, however long ago they ended', async () => {
        for (const ttlMs of [1_000, 1_001, 1_099, 1_100, 5_000, 61_000, 3_600_000])
          await rig.grant({ ttlMs });
        rig.pass(1_000);
        expect(await rig.store.expire(rig.nowMs)).toBe(1);
        rig.pass(99);
        expect(await rig.store.expire(rig.nowMs)).toBe(2);
        expect(await rig.store.expire(rig.nowMs)).toBe(0);
        rig.pass(minuteMs);
        expect(await rig.store.expire(rig.nowMs)).toBe(3);
        expect(rig.inFlight()).toBe(1);
        rig.pass(3_600_000);
        expect(await rig.store.expire(rig.nowMs)).toBe(1);
        expect(rig.inFlight()).toBe(0);
        expect(rig.store.leasesActive()).toBe(0);
      });

      it('are found after the clock has stepped back', async () => {
        await rig.grant({ ttlMs: 10 * secondMs });
        await rig.store.expire(rig.nowMs + 5 * secondMs);
        rig.pass(-minuteMs);
        await rig.grant({ ttlMs: 10 * secondMs });
        rig.pass(10 * secondMs);
        expect(await rig.store.expire(rig.nowMs)).toBe(1);
        rig.pass(minuteMs);
        expect(await rig.store.expire(rig.nowMs)).toBe(1);
      });

      it('are known to nobody afterwards, and can not be renewed', async () => {
        const lease = await rig.grant({ ttlMs: 1_234 });
        rig.pass(1_233);
        expect(await fateOf(lease)).toEqual({ kind: 'held', lease });
        rig.pass(1);
        expect(await fateOf(lease)).toEqual({ kind: 'unknown' });
        expect(await rig.store.renew(lease.id, 0, rig.nowMs)).toBeUndefined();
      });
    });

    describe('that are renewed', () => {
      it('end that long from now, also sooner than before', async () => {
        const lease = await rig.grant({ of: one, ttlMs: 10 * secondMs });
        rig.pass(4 * secondMs);
        const longer = await rig.store.renew(lease.id, minuteMs, rig.nowMs);
        expect(longer).toEqual({ expiresAtMs: rig.nowMs + minuteMs });
        rig.pass(minuteMs - 1);
        expect(await rig.refusal({ of: one })).toEqual(['CONCURRENCY_FULL']);
        await rig.store.renew(lease.id, secondMs, rig.nowMs);
        rig.pass(secondMs);
        await rig.grant({ of: one });
      });

      it('without a length get the one they were granted', async () => {
        const lease = await rig.grant({ ttlMs: 10 * secondMs });
        await rig.store.renew(lease.id, minuteMs, rig.nowMs);
        expect(await rig.store.renew(lease.id, 0, rig.nowMs)).toEqual({
          expiresAtMs: rig.nowMs + 10 * secondMs,
        });
        expect(await fateOf(lease)).toMatchObject({
          kind: 'held',
          lease: { expiresAtMs: rig.nowMs + 10_000 },
        });
      });

      it('free their slot once', async () => {
        const lease = await rig.grant({ ttlMs: 10 * secondMs });
        await rig.store.renew(lease.id, 20 * secondMs, rig.nowMs);
        rig.pass(10 * secondMs);
        expect(await rig.store.expire(rig.nowMs)).toBe(0);
        rig.pass(10 * secondMs);
        expect(await rig.store.expire(rig.nowMs)).toBe(1);
        expect(rig.inFlight()).toBe(0);
      });

      it('must be held', async () => {
        const lease = await rig.grant();
        await rig.succeed(lease);
        expect(await rig.store.renew(lease.id, minuteMs, rig.nowMs)).toBeUndefined();
        expect(await rig.store.renew('never.granted', minuteMs, rig.nowMs)).toBeUndefined();
      });
    });

    describe('that are abandoned', () => {
      it('free their slots at once, and are known to nobody afterwards', async () => {
        const leases = [await rig.grant(), await rig.grant({ of: ['b'] })];
        await rig.store.abandon(['never.granted', ...leases.map(({ id }) => id)], rig.nowMs);
        expect([rig.inFlight('a'), rig.inFlight('b'), rig.store.leasesActive()]).toEqual([0, 0, 0]);
        expect(await fateOf(leases[0]!)).toEqual({ kind: 'unknown' });
        await rig.store.abandon([leases[0]!.id], rig.nowMs);
        expect(rig.inFlight('a')).toBe(0);
      });

      it('are left alone once reported', async () => {
        const lease = await rig.grant();
        await rig.succeed(lease);
        await rig.store.abandon([lease.id], rig.nowMs);
        expect(rig.inFlight()).toBe(0);
        expect(await fateOf(lease)).toEqual({ kind: 'settled' });
      });
    });

    describe('that are reported', () => {
      it('free their slot once, and tell what they were', async () => {
        const lease = await rig.grant();
        expect(await fateOf(lease)).toEqual({ kind: 'held', lease });
        expect(await rig.succeed(lease)).toEqual({
          duplicate: false,
          cooldown: undefined,
          platformFault: false,
          lease,
        });
        expect(rig.inFlight()).toBe(0);
        expect(await fateOf(lease)).toEqual({ kind: 'settled' });
      });

      it.each(['succeed', 'cancel'] as const)('%s once: a second report changes nothing', async (how) => {
        const kept = await rig.grant();
        const lease = await rig.grant();
        await rig[how](lease);
        const second = await rig.fail(lease, 'AUTH');
        expect(second).toEqual({
          duplicate: true,
          cooldown: undefined,
          platformFault: false,
          lease: undefined,
        });
        expect(await rig.succeed(lease)).toMatchObject({ duplicate: true });
        expect(rig.inFlight()).toBe(1);
        expect(rig.store.figures('a').cooldown).toBeUndefined();
        expect(await fateOf(lease)).toEqual({ kind: 'settled' });
        await rig.succeed(kept);
      });

      it('as failures stay failures', async () => {
        const lease = await rig.grant();
        await rig.fail(lease, 'RATE_LIMIT');
        const record = rig.store.figures('a').modelCooldown('m');
        rig.pass(secondMs);
        expect(await rig.succeed(lease)).toMatchObject({ duplicate: true });
        expect(await rig.fail(lease, 'RATE_LIMIT')).toMatchObject({ duplicate: true });
        expect(rig.store.figures('a').modelCooldown('m')).toEqual(record);
        expect(await fateOf(lease)).toMatchObject({ kind: 'failed' });
      });

      it('by 100 at once are settled by one', async () => {
        const lease = await rig.grant();
        await rig.grant();
        const results = await Promise.all(Array.from({ length: 100 }, () => rig.succeed(lease)));
        expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
        expect(rig.inFlight()).toBe(1);
      });
    });

    describe('that are reported late', () => {
      it('are settled once, and free nothing a second time', async () => {
        const lease = await rig.grant({ ttlMs: 1_234 });
        const other = await rig.grant();
        rig.pass(1_234);
        expect(await rig.succeed(lease)).toMatchObject({ duplicate: false, lease: undefined });
        expect(rig.inFlight()).toBe(1);
        expect(await rig.succeed(lease)).toMatchObject({ duplicate: true });
        expect(await fateOf(lease)).toEqual({ kind: 'settled' });
        await rig.succeed(other);
        expect(rig.inFlight()).toBe(0);
      });

      it('after they were abandoned count all the same', async () => {
        const lease = await rig.grant();
        await rig.store.abandon([lease.id], rig.nowMs);
        expect(await rig.fail(lease, 'RATE_LIMIT')).toMatchObject({ duplicate: false });
        expect(await rig.refusal()).toEqual(['MODEL_COOLING_DOWN']);
        expect(rig.inFlight()).toBe(0);
      });

      it.each(['expired', 'abandoned'])('go on with the chain of a lease that %s', async (how) => {
        const first = await rig.grant();
        await rig.fail(first, 'RATE_LIMIT');
        const fate = await fateOf(first);
        const chain = fate.kind === 'failed' ? fate.chain : undefined;
        const lease = await rig.grant({ of: ['b'], ttlMs: secondMs, grant: { chain } });
        if (how === 'expired') rig.pass(secondMs);
        else await rig.store.abandon([lease.id], rig.nowMs);
        await rig.fail(lease, 'TIMEOUT');
        expect(await fateOf(lease)).toMatchObject({
          kind: 'failed',
          chain: { attempts: [{ accountId: 'a' }, { accountId: 'b', reason: 'TIMEOUT' }], ended: false },
        });
      });

      it('leave a chain that begins with what the report knows where nothing else is known', async () => {
        const lease = strangeLease();
        await rig.fail(lease, 'RATE_LIMIT');
        expect(await fateOf(lease)).toMatchObject({
          kind: 'failed',
          chain: {
            request: { groupId: 'g', model: 'm' },
            attempts: [{ accountId: 'a', model: 'm', reason: 'RATE_LIMIT', skipped: false }],
            ended: false,
          },
        });
      });

      it('and were booked before nobody remembered them are duplicates', async () => {
        const lease = await rig.grant({ ttlMs: secondMs });
        rig.pass(secondMs);
        const spend = { kind: 'booked_before' } as const;
        expect(await rig.settle(lease, { spend })).toMatchObject({ duplicate: true });
      });

      it('and were booked before are settled where they are still held', async () => {
        const lease = await rig.grant();
        const spend = { kind: 'booked_before' } as const;
        expect(await rig.settle(lease, { spend })).toMatchObject({ duplicate: false });
        expect(rig.inFlight()).toBe(0);
      });
    });

    it('that never were are known to nobody', async () => {
      expect(await rig.store.fate('l1000000000000000000000.abc', rig.nowMs)).toEqual({ kind: 'unknown' });
    });
  });
}
