import { describe, expect, it } from 'vitest';
import { type CreateStateStore, secondMs, useStateStore } from './state-store-rig.ts';

/** Repeated requests: one key, one slot, for as long as its lease lives. */
export function stateStoreRequestsContract(create: CreateStateStore): void {
  describe('repeated requests', () => {
    const rig = useStateStore(create);

    it('get the same lease again while it lives', async () => {
      const lease = await rig.grant({ requestKey: 'k', of: ['a', 'b'] });
      rig.pass(5 * secondMs);
      expect(await rig.claim({ requestKey: 'k', of: ['b'] })).toEqual({ kind: 'replayed', lease });
      expect(rig.store.leasesActive()).toBe(1);
      expect(rig.store.figures('a').rpm(rig.nowMs)).toBe(1);
      expect(rig.inFlight('b')).toBe(0);
    });

    it('get one slot, even 100 at once', async () => {
      const results = await Promise.all(
        Array.from({ length: 100 }, () => rig.claim({ requestKey: 'k', of: ['a', 'b'] })),
      );
      expect(results.filter(({ kind }) => kind === 'granted')).toHaveLength(1);
      expect(new Set(results.map((result) => 'lease' in result && result.lease.id)).size).toBe(1);
      expect(rig.store.leasesActive()).toBe(1);
    });

    it('get it where nothing could be claimed anew, and without a candidate', async () => {
      const lease = await rig.grant({ requestKey: 'k', of: [{ accountId: 'a', concurrency: 1 }] });
      expect(await rig.claim({ requestKey: 'k', of: [] })).toEqual({ kind: 'replayed', lease });
      expect(await rig.claim({ requestKey: 'none', of: [] })).toEqual({ kind: 'none', verdicts: [] });
    });

    it('get it whatever became of the session meanwhile', async () => {
      const lease = await rig.grant({ requestKey: 'k', session: 's' });
      const session = { sessionId: 's', assumedAccountId: '' };
      expect(await rig.claim({ requestKey: 'k', session })).toEqual({ kind: 'replayed', lease });
    });

    it('are new ones after the report', async () => {
      const first = await rig.grant({ requestKey: 'k' });
      await rig.succeed(first);
      const second = await rig.grant({ requestKey: 'k' });
      expect(second.id).not.toBe(first.id);
      expect(rig.inFlight()).toBe(1);
    });

    it('are new ones once the lease was abandoned', async () => {
      const first = await rig.grant({ requestKey: 'k' });
      await rig.store.abandon([first.id], rig.nowMs);
      await rig.grant({ requestKey: 'k' });
    });

    it('are new ones from the very end of the lease', async () => {
      await rig.grant({ requestKey: 'k', ttlMs: 1_234 });
      rig.pass(1_233);
      expect((await rig.claim({ requestKey: 'k' })).kind).toBe('replayed');
      rig.pass(1);
      const second = await rig.grant({ requestKey: 'k' });
      expect(rig.store.leasesActive()).toBe(1);
      rig.pass(secondMs);
      await rig.store.expire(rig.nowMs);
      expect(await rig.claim({ requestKey: 'k' })).toEqual({ kind: 'replayed', lease: second });
      expect(rig.inFlight()).toBe(1);
    });

    it('are the same for as long as a renewed lease lives', async () => {
      const lease = await rig.grant({ requestKey: 'k', ttlMs: 10 * secondMs });
      rig.pass(9 * secondMs);
      await rig.store.renew(lease.id, 0, rig.nowMs);
      rig.pass(9 * secondMs);
      expect(await rig.claim({ requestKey: 'k' })).toMatchObject({
        kind: 'replayed',
        lease: { id: lease.id, expiresAtMs: rig.nowMs + secondMs },
      });
      rig.pass(secondMs);
      expect((await rig.claim({ requestKey: 'k' })).kind).toBe('granted');
    });

    it('with other keys, or none, are apart', async () => {
      const keys = ['k', 'K', '["g","","","k"]', '["g","","","k "]', '', ''];
      const leases = [];
      for (const requestKey of keys) leases.push(await rig.grant({ requestKey }));
      expect(new Set(leases.map(({ id }) => id)).size).toBe(keys.length);
      expect(rig.inFlight()).toBe(keys.length);
    });

    it('refused once may be granted when tried again', async () => {
      const one = [{ accountId: 'a', concurrency: 1 }];
      const other = await rig.grant({ of: one });
      expect(await rig.refusal({ of: one, requestKey: 'k' })).toEqual(['CONCURRENCY_FULL']);
      await rig.succeed(other);
      await rig.grant({ of: one, requestKey: 'k' });
    });
  });
}
