import { describe, expect, it } from 'vitest';
import {
  type ClaimOptions,
  type CreateStateStore,
  minuteMs,
  secondMs,
  useStateStore,
} from './state-store-rig.ts';

/** Concurrency, requests a minute, sessions, and the order of candidates. */
export function stateStoreClaimsContract(create: CreateStateStore): void {
  describe('claims', () => {
    const rig = useStateStore(create);
    const claimAll = (count: number, options: ClaimOptions) =>
      Promise.all(Array.from({ length: count }, () => rig.claim(options)));
    const countGranted = async (count: number, options: ClaimOptions) =>
      (await claimAll(count, options)).filter(({ kind }) => kind === 'granted').length;

    it('grants a lease that says what was claimed, until when, and by whose word', async () => {
      const request = rig.claimRequest({ model: 'claude', groupId: 'team', ttlMs: 90 * secondMs });
      const result = await rig.store.claim(request);
      expect(result).toEqual({
        kind: 'granted',
        lease: {
          id: `${request.nonce}.${request.candidates[0]?.leaseSuffix}`,
          accountId: 'a',
          groupId: 'team',
          model: 'claude',
          grantedAtMs: rig.nowMs,
          expiresAtMs: rig.nowMs + 90 * secondMs,
          ttlMs: 90 * secondMs,
          grant: { ...request.grant, sticky: 'NONE' },
        },
      });
    });

    describe('concurrency', () => {
      const three = [{ accountId: 'a', concurrency: 3 }];

      it('is never exceeded, not by one of 100 claims at once', async () => {
        expect(await countGranted(100, { of: three })).toBe(3);
        expect(rig.inFlight()).toBe(3);
        expect(rig.store.leasesActive()).toBe(3);
      });

      it('gives exactly the slot that was freed', async () => {
        const leases = [];
        for (let index = 0; index < 3; index += 1) leases.push(await rig.grant({ of: three }));
        expect(await rig.refusal({ of: three })).toEqual(['CONCURRENCY_FULL']);
        await rig.succeed(leases[1]!);
        expect(await countGranted(10, { of: three })).toBe(1);
      });

      it('is counted over groups and models', async () => {
        const one = [{ accountId: 'a', concurrency: 1 }];
        await rig.grant({ of: one, groupId: 'g', model: 'm' });
        expect(await rig.refusal({ of: one, groupId: 'h', model: 'n' })).toEqual(['CONCURRENCY_FULL']);
      });

      it('of 0 is none', async () => {
        expect(await countGranted(200, { of: ['a'] })).toBe(200);
        expect(rig.inFlight()).toBe(200);
      });

      it('may shrink below what is held, and opens once enough is returned', async () => {
        const leases = [await rig.grant(), await rig.grant(), await rig.grant()];
        const two = [{ accountId: 'a', concurrency: 2 }];
        expect(await rig.refusal({ of: two })).toEqual(['CONCURRENCY_FULL']);
        await rig.succeed(leases[0]!);
        expect(await rig.refusal({ of: two })).toEqual(['CONCURRENCY_FULL']);
        await rig.succeed(leases[1]!);
        await rig.grant({ of: two });
      });
    });

    describe('candidates', () => {
      it('are tried in the order given', async () => {
        const of = ['b', 'a', 'c'].map((accountId) => ({ accountId, concurrency: 1 }));
        const order = [await rig.grant({ of }), await rig.grant({ of }), await rig.grant({ of })];
        expect(order.map(({ accountId }) => accountId)).toEqual(['b', 'a', 'c']);
      });

      it('that do not fit are told in their order, each with why', async () => {
        await rig.grant({ of: ['full'] });
        await rig.grant({ of: ['fast'] });
        await rig.grant({ of: ['known'], session: 'other' });
        await rig.fail(await rig.grant({ of: ['cold'] }), 'AUTH');
        await rig.fail(await rig.grant({ of: ['chilled'] }), 'RATE_LIMIT');
        await rig.fail(await rig.grant({ of: ['trying'] }), 'RATE_LIMIT', { hintMs: 30 * secondMs });
        rig.pass(30 * secondMs);
        await rig.grant({ of: ['trying'] });
        const of = [
          { accountId: 'trying' },
          { accountId: 'chilled' },
          { accountId: 'cold' },
          { accountId: 'known', sessionLimit: 1 },
          { accountId: 'fast', rpmLimit: 1 },
          { accountId: 'full', concurrency: 1 },
        ];
        expect(await rig.refusal({ of, session: 's' })).toEqual([
          'PROBING',
          'MODEL_COOLING_DOWN',
          'COOLING_DOWN',
          'SESSION_LIMIT',
          'RPM_EXCEEDED',
          'CONCURRENCY_FULL',
        ]);
      });

      it('may be none at all', async () => {
        expect(await rig.refusal({ of: [] })).toEqual([]);
      });

      it('that were passed over keep their figures', async () => {
        await rig.grant({ of: [{ accountId: 'a', concurrency: 1 }] });
        const before = rig.store.figures('a').lastUsedAt;
        const of = [{ accountId: 'a', concurrency: 1 }, 'b'];
        expect((await rig.grant({ of, session: 's' })).accountId).toBe('b');
        const { inFlight, lastUsedAt } = rig.store.figures('a');
        expect({ inFlight, lastUsedAt }).toEqual({ inFlight: 1, lastUsedAt: before });
        expect(rig.store.figures('a').rpm(rig.nowMs)).toBe(1);
        expect(rig.store.figures('a').sessions(rig.nowMs, minuteMs)).toBe(0);
      });

      it('are told apart by when they were last used, also within one millisecond', async () => {
        expect(rig.store.figures('a').lastUsedAt).toBe(0);
        for (const accountId of ['a', 'b', 'c', 'a']) await rig.grant({ of: [accountId] });
        const used = ['b', 'c', 'a'].map((id) => rig.store.figures(id).lastUsedAt);
        expect(used).toEqual(used.toSorted((x, y) => x - y));
        expect(new Set(used).size).toBe(3);
        expect(used[0]).toBeGreaterThanOrEqual(rig.nowMs);
        expect(used[2]).toBeLessThan(rig.nowMs + 1);
      });
    });

    describe('requests a minute', () => {
      const two = [{ accountId: 'a', rpmLimit: 2 }];

      it('are never more than the limit, and come back when 60 s have passed', async () => {
        const beganMs = rig.nowMs;
        expect(await countGranted(10, { of: two })).toBe(2);
        expect(rig.store.figures('a').rpmBelowAtMs(2, rig.nowMs)).toBe(beganMs + minuteMs);
        rig.pass(59 * secondMs);
        expect(await rig.refusal({ of: two })).toEqual(['RPM_EXCEEDED']);
        rig.pass(secondMs);
        expect(await countGranted(10, { of: two })).toBe(2);
      });

      it('count for 60 s each, give or take a second', async () => {
        rig.pass(300);
        await rig.grant({ of: two });
        rig.pass(40 * secondMs);
        await rig.grant({ of: two });
        rig.pass(18_900);
        expect(await rig.refusal({ of: two })).toEqual(['RPM_EXCEEDED']);
        rig.pass(1_200);
        await rig.grant({ of: two });
        expect(await rig.refusal({ of: two })).toEqual(['RPM_EXCEEDED']);
        rig.pass(40 * secondMs);
        await rig.grant({ of: two });
      });

      it('are counted whether or not there is a limit, and not given back by a report', async () => {
        await rig.succeed(await rig.grant());
        await rig.succeed(await rig.grant());
        expect(rig.store.figures('a').rpm(rig.nowMs)).toBe(2);
        expect(await rig.refusal({ of: two })).toEqual(['RPM_EXCEEDED']);
        await rig.grant({ of: [{ accountId: 'a', rpmLimit: 3 }] });
      });

      it('do not count claims that were refused', async () => {
        await claimAll(10, { of: [{ accountId: 'a', concurrency: 1 }] });
        expect(rig.store.figures('a').rpm(rig.nowMs)).toBe(1);
      });
    });

    describe('sessions', () => {
      const two = [{ accountId: 'a', sessionLimit: 2, sessionIdleMs: minuteMs }];

      it('beyond the limit are turned away; one that is known always fits', async () => {
        await rig.grant({ of: two, session: 's1' });
        await rig.grant({ of: two, session: 's2' });
        expect(await rig.refusal({ of: two, session: 's3' })).toEqual(['SESSION_LIMIT']);
        await rig.grant({ of: two, session: { sessionId: 's1', assumedAccountId: 'a' } });
        await rig.grant({ of: two });
        expect(rig.store.figures('a').sessions(rig.nowMs, minuteMs)).toBe(2);
      });

      it('stop counting when they were idle for the given time', async () => {
        await rig.grant({ of: two, session: 's1' });
        rig.pass(20 * secondMs);
        await rig.grant({ of: two, session: 's2' });
        expect(rig.store.figures('a').oldestSessionEndsAtMs(rig.nowMs, minuteMs)).toBe(
          rig.nowMs + 40 * secondMs,
        );
        rig.pass(40 * secondMs - 1);
        expect(await rig.refusal({ of: two, session: 's3' })).toEqual(['SESSION_LIMIT']);
        rig.pass(1);
        await rig.grant({ of: two, session: 's3' });
        const returning = { sessionId: 's1', assumedAccountId: 'a' };
        expect(await rig.refusal({ of: two, session: returning })).toEqual(['SESSION_LIMIT']);
      });

      it('count from when they were seen last', async () => {
        await rig.grant({ of: two, session: 's1' });
        await rig.grant({ of: two, session: 's2' });
        rig.pass(50 * secondMs);
        await rig.grant({ of: two, session: { sessionId: 's1', assumedAccountId: 'a' } });
        rig.pass(20 * secondMs);
        await rig.grant({ of: two, session: 's3' });
        const returning = { sessionId: 's2', assumedAccountId: 'a' };
        expect(await rig.refusal({ of: two, session: returning })).toEqual(['SESSION_LIMIT']);
      });

      it('of one name in two groups are two', async () => {
        await rig.grant({ of: two, groupId: 'g', session: 's' });
        await rig.grant({ of: two, groupId: 'h', session: 's' });
        expect(await rig.refusal({ of: two, groupId: '', session: 's' })).toEqual(['SESSION_LIMIT']);
      });

      it('that moved away make room', async () => {
        const one = [{ accountId: 'a', sessionLimit: 1 }];
        await rig.grant({ of: one, session: 's1' });
        await rig.grant({ of: ['b'], session: { sessionId: 's1', assumedAccountId: 'a' } });
        await rig.grant({ of: one, session: 's2' });
      });

      it('that moved away make room even where the caller brought another binding along', async () => {
        const one = [{ accountId: 'a', sessionLimit: 1 }];
        await rig.grant({ of: one, session: 's1' });
        await rig.grant({ of: ['b'], session: { sessionId: 's1', assumedAccountId: 'c', verify: false } });
        await rig.grant({ of: one, session: 's2' });
      });
    });
  });
}
