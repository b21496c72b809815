import { describe, expect, it } from 'vitest';
import { type CreateStateStore, hourMs, minuteMs, secondMs, useStateStore } from './state-store-rig.ts';

/** What operators and waiting callers do, and what listeners hear. */
export function stateStoreChangesContract(create: CreateStateStore): void {
  describe('callers that wait', () => {
    const rig = useStateStore(create);

    it('are counted per account', async () => {
      rig.store.addWaiting('a', 1);
      rig.store.addWaiting('a', 1);
      rig.store.addWaiting('b', 1);
      rig.store.addWaiting('a', -1);
      expect([rig.store.figures('a').waiting, rig.store.figures('b').waiting]).toEqual([1, 1]);
    });
  });

  describe('figures', () => {
    const rig = useStateStore(create);

    it('are one object per account, from before its first lease', async () => {
      const figures = rig.store.figures('a');
      await rig.grant();
      expect(rig.store.figures('a')).toBe(figures);
      expect(figures.inFlight).toBe(1);
    });
  });

  describe('overrides', () => {
    const rig = useStateStore(create);

    it('stand until they are set again', async () => {
      expect(rig.store.figures('a').override).toBeUndefined();
      await rig.store.setOverride('a', { schedulable: false, reason: 'broken' });
      await rig.fail(await rig.grant(), 'AUTH');
      await rig.store.clearCooldowns({ accountId: '', model: '' }, rig.nowMs);
      rig.pass(48 * hourMs);
      await rig.store.expire(rig.nowMs);
      expect(rig.store.figures('a').override).toEqual({ schedulable: false, reason: 'broken' });
      await rig.store.setOverride('a', { schedulable: true, reason: '' });
      expect(rig.store.figures('a').override).toEqual({ schedulable: true, reason: '' });
      expect(rig.store.figures('b').override).toBeUndefined();
    });
  });

  describe('cleared cooldowns', () => {
    const rig = useStateStore(create);
    const coolAll = async () => {
      for (const accountId of ['a', 'b'])
        for (const model of ['m', 'n'])
          await rig.fail(await rig.grant({ of: [accountId], model }), 'TIMEOUT');
      const late = await rig.grant({ of: ['a'], model: 'o' });
      await rig.fail(late, 'AUTH');
    };

    it.each([
      ['of an account', { accountId: 'a', model: '' }, 3, [0, 2]],
      ['of a model', { accountId: '', model: 'm' }, 2, [1, 1]],
      ['of both', { accountId: 'b', model: 'n' }, 1, [2, 1]],
      ['all', { accountId: '', model: '' }, 5, [0, 0]],
      ['of an unknown account', { accountId: 'c', model: '' }, 0, [2, 2]],
    ])('%s are counted and gone, the others stay', async (_, selector, cleared, left) => {
      await coolAll();
      expect(await rig.store.clearCooldowns(selector, rig.nowMs)).toBe(cleared);
      expect(await rig.store.clearCooldowns(selector, rig.nowMs)).toBe(0);
      const models = (accountId: string) => [...rig.store.figures(accountId).modelCooldowns()].length;
      expect([models('a'), models('b')]).toEqual(left);
    });

    it('take their counts and probes with them', async () => {
      await rig.coolThrough('RATE_LIMIT');
      const probe = await rig.grant();
      expect(await rig.store.clearCooldowns({ accountId: 'a', model: '' }, rig.nowMs)).toBe(0);
      await rig.grant();
      await rig.cancel(probe);
      await rig.grant();
      expect(await rig.cooledMs('RATE_LIMIT')).toBe(minuteMs);
    });
  });

  describe('listeners', () => {
    const rig = useStateStore(create);
    const heard = () => rig.changes.splice(0);
    const freed = { kind: 'slot_freed', accountId: 'a', expired: false };
    const standing = { kind: 'standing', accountId: 'a' };

    it('hear of nothing but what may let a caller go on', async () => {
      const lease = await rig.grant({ session: 's' });
      await rig.store.renew(lease.id, 0, rig.nowMs);
      await rig.store.unbind({ groupId: '', sessionId: '', accountId: 'a' }, rig.nowMs);
      await rig.refusal({ of: [] });
      expect(heard()).toEqual([]);
    });

    it('hear of a slot that was freed, by a report once', async () => {
      const lease = await rig.grant();
      await rig.succeed(lease);
      await rig.succeed(lease);
      expect(heard()).toEqual([freed]);
    });

    it('hear of a slot that was abandoned', async () => {
      const lease = await rig.grant();
      await rig.store.abandon([lease.id, lease.id], rig.nowMs);
      expect(heard()).toEqual([freed]);
    });

    it('hear of a slot whose lease expired, whatever call found it', async () => {
      const finders = [
        () => rig.store.expire(rig.nowMs),
        () => rig.grant({ of: ['b'] }),
        async () => rig.succeed(await rig.grant({ of: ['b'] })),
      ];
      for (const find of finders) {
        await rig.grant({ ttlMs: secondMs });
        rig.pass(secondMs);
        heard();
        await find();
        expect(heard().filter(({ accountId }) => accountId === 'a')).toEqual([{ ...freed, expired: true }]);
      }
    });

    it('hear of a late report as of an expired lease', async () => {
      const lease = await rig.grant({ ttlMs: 1_234 });
      rig.pass(1_234);
      await rig.succeed(lease);
      expect(heard()).toEqual([{ ...freed, expired: true }]);
    });

    it('hear when a cooldown begins, when it is cleared, and when a success ends it', async () => {
      await rig.fail(await rig.grant(), 'RATE_LIMIT');
      expect(heard()).toEqual([freed, standing]);
      await rig.store.clearCooldowns({ accountId: '', model: '' }, rig.nowMs);
      expect(heard()).toEqual([standing]);
      await rig.coolThrough('RATE_LIMIT');
      const probe = await rig.grant();
      heard();
      await rig.succeed(probe);
      expect(heard()).toEqual([freed, standing]);
    });

    it.each([
      ['cancelled', async (id: string) => void (await rig.cancel((await held(id))!))],
      ['abandoned', async (id: string) => void (await rig.store.abandon([id], rig.nowMs))],
      [
        'met by a fault of the caller',
        async (id: string) => void (await rig.fail((await held(id))!, 'FORMAT')),
      ],
    ])('hear when a probe was %s', async (_, end) => {
      await rig.coolThrough('RATE_LIMIT');
      const probe = await rig.grant();
      heard();
      await end(probe.id);
      expect(heard()).toEqual([freed, standing]);
    });
    const held = async (id: string) => {
      const fate = await rig.store.fate(id, rig.nowMs);
      return fate.kind === 'held' ? fate.lease : undefined;
    };

    it("hear when a probe's lease expired", async () => {
      await rig.coolThrough('RATE_LIMIT');
      await rig.grant({ ttlMs: secondMs });
      heard();
      rig.pass(secondMs);
      await rig.store.expire(rig.nowMs);
      expect(heard()).toEqual([{ ...freed, expired: true }, standing]);
    });

    it('hear of an override', async () => {
      await rig.store.setOverride('a', { schedulable: true, reason: '' });
      expect(heard()).toEqual([standing]);
    });

    it('find everything in place when they hear', async () => {
      const lease = await rig.grant();
      await rig.grant({ of: ['b'], ttlMs: secondMs });
      const seen: unknown[] = [];
      rig.store.onChange(({ accountId }) => {
        const { inFlight } = rig.store.figures(accountId);
        seen.push([accountId, inFlight, rig.store.figures('a').modelCooldown('m')?.failures]);
      });
      await rig.fail(lease, 'RATE_LIMIT');
      rig.pass(secondMs);
      await rig.store.expire(rig.nowMs);
      expect(seen).toEqual([
        ['a', 0, 1],
        ['a', 0, 1],
        ['b', 0, 1],
      ]);
    });

    it('may call the store as they hear, without a slot being freed twice', async () => {
      for (let index = 0; index < 5; index += 1) await rig.grant({ ttlMs: secondMs });
      const calls: unknown[] = [];
      rig.store.onChange(() => calls.push(rig.store.expire(rig.nowMs)));
      rig.pass(secondMs);
      await rig.store.expire(rig.nowMs);
      await Promise.all(calls);
      expect(rig.inFlight()).toBe(0);
      expect(heard()).toHaveLength(5);
    });

    it('hear no more once they have let go', async () => {
      let count = 0;
      const stop = rig.store.onChange(() => {
        count += 1;
      });
      await rig.succeed(await rig.grant());
      stop();
      stop();
      await rig.succeed(await rig.grant());
      expect(count).toBe(1);
    });
  });
}
