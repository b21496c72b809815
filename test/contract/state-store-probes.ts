import { describe, expect, it } from 'vitest';
import {
  type CreateStateStore,
  hourMs,
  minuteMs,
  policy,
  secondMs,
  useStateStore,
} from './state-store-rig.ts';

/** Recovery after a cooldown: one request first. */
export function stateStoreProbesContract(create: CreateStateStore): void {
  describe('probes', () => {
    const rig = useStateStore(create);
    const claimAll = (count: number) => Promise.all(Array.from({ length: count }, () => rig.claim()));
    const { probeTimeoutMs } = policy;

    it('are exactly one of 100 claims after a cooldown of 30 s or more', async () => {
      await rig.coolThrough('RATE_LIMIT', { hintMs: 30 * secondMs });
      const results = await claimAll(100);
      expect(results.filter(({ kind }) => kind === 'granted')).toHaveLength(1);
      expect(results.filter(({ kind }) => kind === 'none')).toEqual(
        Array.from({ length: 99 }, () => ({ kind: 'none', verdicts: ['PROBING'] })),
      );
    });

    it('are not asked for after a shorter cooldown', async () => {
      await rig.coolThrough('RATE_LIMIT', { hintMs: 30 * secondMs - 1 });
      expect((await claimAll(100)).every(({ kind }) => kind === 'granted')).toBe(true);
    });

    it('are asked for after a cooldown that a shorter one came on top of', async () => {
      const second = await rig.grant();
      await rig.fail(await rig.grant(), 'RATE_LIMIT', { hintMs: 40 * secondMs });
      rig.pass(35 * secondMs);
      await rig.settle(second, {
        grantedAtMs: rig.nowMs - secondMs,
        outcome: 'failure',
        failure: rig.failureOf(second, 'RATE_LIMIT', { hintMs: secondMs }),
      });
      rig.pass(5 * secondMs);
      await rig.grant();
      expect(await rig.refusal()).toEqual(['PROBING']);
    });

    it('let the next candidate serve meanwhile', async () => {
      await rig.coolThrough('RATE_LIMIT');
      await rig.grant();
      expect((await rig.grant({ of: ['a', 'b'] })).accountId).toBe('b');
      expect((await rig.grant({ model: 'other' })).accountId).toBe('a');
    });

    it('need a slot and room like any other request', async () => {
      const one = [{ accountId: 'a', concurrency: 1 }];
      const long = await rig.grant({ ttlMs: hourMs });
      await rig.coolThrough('RATE_LIMIT');
      expect(await rig.refusal({ of: one })).toEqual(['CONCURRENCY_FULL']);
      await rig.cancel(long);
      await rig.grant({ of: one });
    });

    describe('that fail', () => {
      it('cool for the next step, and are followed by another probe', async () => {
        await rig.coolThrough('RATE_LIMIT');
        expect(await rig.cooledMs('SERVER_ERROR')).toBe(5 * minuteMs);
        expect(await rig.refusal()).toEqual(['MODEL_COOLING_DOWN']);
        rig.pass(5 * minuteMs);
        await rig.grant();
        expect(await rig.refusal()).toEqual(['PROBING']);
      });

      it('after they had opened the account by lasting still cool it', async () => {
        await rig.coolThrough('RATE_LIMIT');
        const probe = await rig.grant();
        rig.pass(probeTimeoutMs);
        await rig.grant();
        await rig.fail(probe, 'RATE_LIMIT');
        expect(rig.store.figures('a').modelCooldown('m')).toMatchObject({
          failures: 2,
          untilMs: rig.nowMs + 5 * minuteMs,
        });
      });
    });

    describe('that open the account', () => {
      it('do so by a success', async () => {
        await rig.coolThrough('RATE_LIMIT');
        await rig.succeed(await rig.grant());
        expect((await claimAll(10)).every(({ kind }) => kind === 'granted')).toBe(true);
      });

      it.each(['FORMAT', 'CONTEXT_OVERFLOW', 'UNKNOWN'] as const)(
        'do so by a fault of the caller, %s, and the count stays',
        async (reason) => {
          await rig.coolThrough('RATE_LIMIT');
          await rig.fail(await rig.grant(), reason);
          expect((await claimAll(10)).every(({ kind }) => kind === 'granted')).toBe(true);
          expect(await rig.cooledMs('RATE_LIMIT')).toBe(5 * minuteMs);
        },
      );

      it('do so by 10 s without a failure, to the millisecond', async () => {
        await rig.coolThrough('RATE_LIMIT');
        await rig.grant();
        rig.pass(probeTimeoutMs - 1);
        expect(await rig.refusal()).toEqual(['PROBING']);
        rig.pass(1);
        expect((await claimAll(10)).every(({ kind }) => kind === 'granted')).toBe(true);
      });

      it('leave it open however they end then', async () => {
        await rig.coolThrough('RATE_LIMIT');
        const probe = await rig.grant();
        rig.pass(probeTimeoutMs);
        await rig.cancel(probe);
        expect((await claimAll(10)).every(({ kind }) => kind === 'granted')).toBe(true);
      });

      it('do not do so for a fault of the caller in another request', async () => {
        const early = await rig.grant({ ttlMs: hourMs });
        await rig.coolThrough('RATE_LIMIT');
        await rig.grant();
        await rig.fail(early, 'FORMAT');
        expect(await rig.refusal()).toEqual(['PROBING']);
      });
    });

    describe('that tell nothing', () => {
      it('by a cancelled call pass on', async () => {
        await rig.coolThrough('RATE_LIMIT');
        await rig.cancel(await rig.grant());
        await rig.grant();
        expect(await rig.refusal()).toEqual(['PROBING']);
      });

      it('by an upstream that says the call was cancelled pass on', async () => {
        await rig.coolThrough('RATE_LIMIT');
        await rig.fail(await rig.grant(), 'CANCELLED');
        await rig.grant();
        expect(await rig.refusal()).toEqual(['PROBING']);
      });

      it('by a caller that is lost pass on', async () => {
        await rig.coolThrough('RATE_LIMIT');
        const probe = await rig.grant();
        await rig.store.abandon([probe.id], rig.nowMs);
        await rig.grant();
        expect(await rig.refusal()).toEqual(['PROBING']);
      });

      it('by the end of their lease pass on, whenever that is noticed', async () => {
        await rig.coolThrough('RATE_LIMIT');
        await rig.grant({ ttlMs: secondMs });
        rig.pass(secondMs);
        await rig.grant({ ttlMs: secondMs });
        expect(await rig.refusal()).toEqual(['PROBING']);
        rig.pass(hourMs);
        await rig.grant();
        expect(await rig.refusal()).toEqual(['PROBING']);
      });

      it('by a lost report of another request stay out', async () => {
        const early = await rig.grant({ ttlMs: hourMs });
        await rig.coolThrough('RATE_LIMIT');
        await rig.grant();
        await rig.cancel(early);
        expect(await rig.refusal()).toEqual(['PROBING']);
      });
    });

    describe('of account and model', () => {
      const coolBoth = async () => {
        const [first, second] = [await rig.grant(), await rig.grant()];
        await rig.fail(first, 'RATE_LIMIT');
        await rig.fail(second, 'AUTH');
        rig.pass(minuteMs);
      };

      it('are one request', async () => {
        await coolBoth();
        const probe = await rig.grant();
        expect(await rig.refusal()).toEqual(['PROBING']);
        expect(await rig.refusal({ model: 'other' })).toEqual(['PROBING']);
        await rig.succeed(probe);
        expect((await claimAll(10)).every(({ kind }) => kind === 'granted')).toBe(true);
        await rig.grant({ model: 'other' });
      });

      it('failing for one leave the other to the next', async () => {
        await coolBoth();
        await rig.fail(await rig.grant(), 'RATE_LIMIT');
        expect(await rig.refusal()).toEqual(['MODEL_COOLING_DOWN']);
        await rig.grant({ model: 'other' });
        expect(await rig.refusal({ model: 'third' })).toEqual(['PROBING']);
      });

      it('stay out for the model while another model probes the account', async () => {
        await coolBoth();
        const other = await rig.grant({ model: 'other' });
        expect(await rig.refusal()).toEqual(['PROBING']);
        await rig.succeed(other);
        await rig.grant();
        expect(await rig.refusal()).toEqual(['PROBING']);
      });
    });
  });
}
