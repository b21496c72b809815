import { describe, expect, it } from 'vitest';
import type { Chain, ChainAttempt, Lease } from '../../src/ports/state-store.ts';
import { type CreateStateStore, secondMs, useStateStore } from './state-store-rig.ts';

/** The attempts made for one request, and what the next one may know of them. */
export function stateStoreChainsContract(create: CreateStateStore): void {
  describe('chains', () => {
    const rig = useStateStore(create);
    const chainOf = async ({ id }: Lease): Promise<Chain> => {
      const fate = await rig.store.fate(id, rig.nowMs);
      if (fate.kind !== 'failed') expect.fail(`not failed: ${JSON.stringify(fate)}`);
      return fate.chain;
    };
    const request = {
      groupId: 'g',
      model: 'm',
      sessionId: 's',
      userId: 'u',
      platform: 'anthropic',
      excludedAccountIds: ['x', 'y'],
      leaseTtlMs: 5 * secondMs,
    };

    it('begin with what the first request asked for', async () => {
      const lease = await rig.grant({ grant: { request } });
      await rig.fail(lease, 'RATE_LIMIT');
      expect(await rig.store.fate(lease.id, rig.nowMs)).toMatchObject({
        kind: 'failed',
        nextLeaseId: '',
        chain: {
          request,
          attempts: [
            {
              accountId: 'a',
              model: 'm',
              reason: 'RATE_LIMIT',
              skipped: false,
              durationMs: 5,
              platform: 'anthropic',
              fingerprint: '',
            },
          ],
          faultyPlatforms: [],
          ended: false,
        },
      });
    });

    it('hold every attempt in order, with the accounts passed over before each', async () => {
      const skipped = (accountId: string): ChainAttempt => ({
        accountId,
        model: 'm',
        reason: 'AUTH',
        skipped: true,
        durationMs: 0,
        platform: 'anthropic',
        fingerprint: '',
      });
      const first = await rig.grant({ of: ['a'], grant: { request, passedOver: [skipped('p')] } });
      await rig.fail(first, 'RATE_LIMIT');
      const second = await rig.grant({
        of: ['b'],
        grant: { chain: await chainOf(first), attempt: 2, passedOver: [skipped('q'), skipped('r')] },
      });
      await rig.fail(second, 'TIMEOUT', { platform: 'openai' });
      const third = await rig.grant({ of: ['c'], model: 'n', grant: { chain: await chainOf(second) } });
      await rig.fail(third, 'NETWORK');
      const chain = await chainOf(third);
      expect(chain.attempts.map(({ accountId, reason }) => `${accountId} ${reason}`)).toEqual([
        'p AUTH',
        'a RATE_LIMIT',
        'q AUTH',
        'r AUTH',
        'b TIMEOUT',
        'c NETWORK',
      ]);
      expect(chain.attempts.map(({ skipped }) => skipped)).toEqual([true, false, true, true, false, false]);
      expect(chain.attempts[5]).toMatchObject({ model: 'n', platform: 'anthropic' });
      expect(chain.request).toEqual(request);
    });

    it('of earlier leases stay as they were', async () => {
      const first = await rig.grant({ of: ['a'] });
      await rig.fail(first, 'RATE_LIMIT');
      const before = await chainOf(first);
      await rig.fail(await rig.grant({ of: ['b'], grant: { chain: before } }), 'FORMAT');
      expect(await chainOf(first)).toEqual(before);
      expect(before.attempts).toHaveLength(1);
    });

    it.each([
      ['RATE_LIMIT', false],
      ['SERVER_ERROR', false],
      ['FORMAT', true],
      ['CANCELLED', true],
      ['UNKNOWN', true],
    ] as const)('after %s have ended: %s', async (reason, ended) => {
      const lease = await rig.grant();
      await rig.fail(lease, reason);
      expect((await chainOf(lease)).ended).toBe(ended);
    });

    it('know which lease followed, as it was noted last', async () => {
      const lease = await rig.grant();
      await rig.fail(lease, 'RATE_LIMIT');
      await rig.store.noteNext(lease.id, 'next');
      expect(await rig.store.fate(lease.id, rig.nowMs)).toMatchObject({ nextLeaseId: 'next' });
      await rig.store.noteNext(lease.id, 'other');
      expect(await rig.store.fate(lease.id, rig.nowMs)).toMatchObject({ nextLeaseId: 'other' });
    });

    it('do not begin by a note alone', async () => {
      const lease = await rig.grant();
      await rig.store.noteNext(lease.id, 'next');
      expect(await rig.store.fate(lease.id, rig.nowMs)).toMatchObject({ kind: 'held' });
      await rig.succeed(lease);
      await rig.store.noteNext(lease.id, 'next');
      expect(await rig.store.fate(lease.id, rig.nowMs)).toEqual({ kind: 'settled' });
    });

    it('keep what a grant carries until its lease ends', async () => {
      const first = await rig.grant({ of: ['a'], grant: { request } });
      await rig.fail(first, 'RATE_LIMIT');
      const chain = await chainOf(first);
      const second = await rig.grant({ of: ['b'], requestKey: 'k', grant: { request, chain, attempt: 2 } });
      const again = await rig.claim({ of: ['c'], requestKey: 'k' });
      expect(again).toEqual({ kind: 'replayed', lease: second });
      expect(second.grant).toMatchObject({ request, chain, attempt: 2 });
    });
  });
}
