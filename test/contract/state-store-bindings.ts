import { describe, expect, it } from 'vitest';
import { type CreateStateStore, hourMs, minuteMs, useStateStore } from './state-store-rig.ts';

/** Sessions bound to accounts. */
export function stateStoreBindingsContract(create: CreateStateStore): void {
  describe('bindings', () => {
    const rig = useStateStore(create);
    const boundTo = (sessionId: string, groupId = 'g') =>
      rig.store.boundAccountId(groupId, sessionId, rig.nowMs);
    /** What a claim says of the binding, whatever this sidecar has seen of it. */
    const actual = async (sessionId: string, groupId = 'g') => {
      const session = { sessionId, assumedAccountId: 'nobody' };
      const result = await rig.claim({ of: [], groupId, session });
      return result.kind === 'binding_differs' ? result.accountId : 'nobody';
    };

    it('begin with the first lease of a session', async () => {
      expect(boundTo('s')).toBe('');
      const lease = await rig.grant({ of: ['a'], session: 's' });
      expect(lease.grant.sticky).toBe('BOUND');
      expect(boundTo('s')).toBe('a');
      expect(await actual('s')).toBe('a');
    });

    it('are none without a session, or where the claim was refused', async () => {
      expect((await rig.grant({})).grant.sticky).toBe('NONE');
      await rig.refusal({ of: [], session: 's' });
      expect(await actual('s')).toBe('');
    });

    it('live for their time from the last lease', async () => {
      await rig.grant({ session: { sessionId: 's', ttlMs: hourMs } });
      rig.pass(hourMs - 1);
      const lease = await rig.grant({ session: { sessionId: 's', assumedAccountId: 'a', ttlMs: hourMs } });
      expect(lease.grant.sticky).toBe('KEPT');
      rig.pass(hourMs - 1);
      expect(boundTo('s')).toBe('a');
      expect(await actual('s')).toBe('a');
      rig.pass(1);
      expect(boundTo('s')).toBe('');
      expect(await actual('s')).toBe('');
      expect((await rig.grant({ session: 's' })).grant.sticky).toBe('BOUND');
    });

    it('go to whoever serves the session, with the verdict on the one before', async () => {
      await rig.grant({ of: ['a'], session: 's' });
      const movedFrom = { accountId: 'a', verdict: 'CONCURRENCY_FULL' } as const;
      const session = { sessionId: 's', assumedAccountId: 'a' };
      const lease = await rig.grant({ of: ['b'], session, grant: { movedFrom } });
      expect(lease.grant).toMatchObject({ sticky: 'MOVED', movedFrom });
      expect(await actual('s')).toBe('b');
    });

    it('count as moved where the one before was dropped on the way', async () => {
      const movedFrom = { accountId: 'a', verdict: 'COOLING_DOWN' } as const;
      const lease = await rig.grant({ of: ['b'], session: 's', grant: { movedFrom } });
      expect(lease.grant).toMatchObject({ sticky: 'MOVED', movedFrom });
    });

    it('do not count as moved when the account came back before another was found', async () => {
      const movedFrom = { accountId: 'a', verdict: 'COOLING_DOWN' } as const;
      const anew = await rig.grant({ of: ['a'], session: 's', grant: { movedFrom } });
      expect(anew.grant).toMatchObject({ sticky: 'BOUND', movedFrom: undefined });
      const session = { sessionId: 's', assumedAccountId: 'a' };
      const kept = await rig.grant({ of: ['a'], session, grant: { movedFrom } });
      expect(kept.grant).toMatchObject({ sticky: 'KEPT', movedFrom: undefined });
    });

    it('that are not as assumed stop the claim, and nothing is changed', async () => {
      await rig.grant({ of: ['a'], session: 's' });
      const before = rig.store.leasesActive();
      const wrong = { sessionId: 's', assumedAccountId: 'b' };
      expect(await rig.claim({ of: ['b'], session: wrong })).toEqual({
        kind: 'binding_differs',
        accountId: 'a',
      });
      expect(await rig.claim({ of: ['b'], session: 's' })).toEqual({
        kind: 'binding_differs',
        accountId: 'a',
      });
      const unbound = { sessionId: 'new', assumedAccountId: 'a' };
      expect(await rig.claim({ of: ['a'], session: unbound })).toEqual({
        kind: 'binding_differs',
        accountId: '',
      });
      expect(rig.store.leasesActive()).toBe(before);
      expect(rig.inFlight('b')).toBe(0);
      expect(await actual('s')).toBe('a');
    });

    it('that the caller brought along are not checked', async () => {
      await rig.grant({ of: ['a'], session: 's' });
      const brought = { sessionId: 's', assumedAccountId: 'b', verify: false };
      expect((await rig.grant({ of: ['b'], session: brought })).grant.sticky).toBe('KEPT');
      expect(await actual('s')).toBe('b');
    });

    it('are per group', async () => {
      await rig.grant({ of: ['a'], groupId: 'g', session: 's' });
      await rig.grant({ of: ['b'], groupId: 'h', session: 's' });
      await rig.grant({ of: ['c'], groupId: '', session: 's' });
      expect([await actual('s', 'g'), await actual('s', 'h'), await actual('s', '')]).toEqual([
        'a',
        'b',
        'c',
      ]);
    });

    it('take any session id apart from any other', async () => {
      const ids = ['s', 'S', 's ', 'é', 'e\u0301', 's\0t', 's:t', '{s}', '__proto__', 'x'.repeat(256)];
      for (const [index, id] of ids.entries()) await rig.grant({ of: [`a${index}`], session: id });
      const bound = await Promise.all(ids.map((id) => actual(id)));
      expect(bound).toEqual(ids.map((_, index) => `a${index}`));
      expect(ids.map((id) => boundTo(id))).toEqual(bound);
    });

    it('outlive the lease, its report and its end', async () => {
      await rig.fail(await rig.grant({ session: 's' }), 'RATE_LIMIT');
      await rig.grant({ of: ['b'], session: 't', ttlMs: 1_000 });
      rig.pass(minuteMs);
      await rig.store.expire(rig.nowMs);
      expect([await actual('s'), await actual('t')]).toEqual(['a', 'b']);
    });

    describe('unbound', () => {
      const bindAll = async () => {
        await rig.grant({ of: ['a'], groupId: 'g', session: 's1' });
        await rig.grant({ of: ['b'], groupId: 'g', session: 's2' });
        await rig.grant({ of: ['a'], groupId: 'h', session: 's1' });
        await rig.grant({ of: ['b'], groupId: '', session: 's2' });
      };
      const all = async () =>
        Promise.all([actual('s1', 'g'), actual('s2', 'g'), actual('s1', 'h'), actual('s2', '')]);

      it.each([
        ['by account', { accountId: 'a' }, ['', 'b', '', 'b']],
        ['by group', { groupId: 'g' }, ['', '', 'a', 'b']],
        ['by session', { sessionId: 's2' }, ['a', '', 'a', '']],
        ['by group and session', { groupId: 'g', sessionId: 's1' }, ['', 'b', 'a', 'b']],
        ['by group and account', { groupId: 'g', accountId: 'b' }, ['a', '', 'a', 'b']],
        ['by session and account', { sessionId: 's1', accountId: 'b' }, ['a', 'b', 'a', 'b']],
        ['all', {}, ['', '', '', '']],
      ])('%s are gone, the others stay', async (_, selector, expected) => {
        await bindAll();
        await rig.store.unbind({ groupId: '', sessionId: '', accountId: '', ...selector }, rig.nowMs);
        expect(await all()).toEqual(expected);
        expect([boundTo('s1', 'g'), boundTo('s2', 'g'), boundTo('s1', 'h'), boundTo('s2', '')]).toEqual(
          expected,
        );
      });

      it('by account are gone in one step, however many there are, and can be made anew', async () => {
        const ids = Array.from({ length: 2_000 }, (_, index) => `s${index}`);
        await Promise.all(ids.map((id) => rig.grant({ session: id })));
        await rig.store.unbind({ groupId: '', sessionId: '', accountId: 'a' }, rig.nowMs);
        expect(new Set(ids.map((id) => boundTo(id)))).toEqual(new Set(['']));
        expect((await rig.grant({ session: 's7' })).grant.sticky).toBe('BOUND');
        expect([await actual('s7'), await actual('s8')]).toEqual(['a', '']);
      });

      it('no longer count against the limit of sessions', async () => {
        const one = [{ accountId: 'a', sessionLimit: 1 }];
        const selectors = [{ accountId: 'a' }, { sessionId: 's' }, { groupId: 'g' }];
        for (const selector of selectors) {
          await rig.grant({ of: one, session: 's' });
          expect(await rig.refusal({ of: one, session: 't' })).toEqual(['SESSION_LIMIT']);
          await rig.store.unbind({ groupId: '', sessionId: '', accountId: '', ...selector }, rig.nowMs);
        }
        await rig.grant({ of: one, session: 't' });
        await rig.store.unbindSession({ groupId: 'g', sessionId: 't', accountId: 'a' }, rig.nowMs);
        await rig.grant({ of: one, session: 'u' });
      });

      it('one by one only where still bound to that account', async () => {
        await bindAll();
        await rig.store.unbindSession({ groupId: 'g', sessionId: 's1', accountId: 'b' }, rig.nowMs);
        await rig.store.unbindSession({ groupId: '', sessionId: 's1', accountId: 'a' }, rig.nowMs);
        expect(await all()).toEqual(['a', 'b', 'a', 'b']);
        await rig.store.unbindSession({ groupId: 'g', sessionId: 's1', accountId: 'a' }, rig.nowMs);
        await rig.store.unbindSession({ groupId: '', sessionId: 's2', accountId: 'b' }, rig.nowMs);
        expect(await all()).toEqual(['', 'b', 'a', '']);
      });

      it('that never were, or are over, do no harm', async () => {
        await rig.store.unbindSession({ groupId: 'g', sessionId: 's', accountId: 'a' }, rig.nowMs);
        await rig.store.unbind({ groupId: 'none', sessionId: 'none', accountId: 'none' }, rig.nowMs);
        await bindAll();
        rig.pass(hourMs);
        await rig.store.unbind({ groupId: '', sessionId: '', accountId: '' }, rig.nowMs);
        expect(await all()).toEqual(['', '', '', '']);
      });
    });
  });
}
