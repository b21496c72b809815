import { describe, expect, it } from 'vitest';
import type { Chain, Lease } from '../../src/ports/state-store.ts';
import {
  type CreateStateStore,
  type FailureOptions,
  hourMs,
  minuteMs,
  secondMs,
  useStateStore,
} from './state-store-rig.ts';

/** The same fault from two accounts of one platform in one chain: neither is to blame. */
export function stateStorePlatformFaultsContract(create: CreateStateStore): void {
  describe('platform faults', () => {
    const rig = useStateStore(create);
    const outage: FailureOptions = { platform: 'anthropic', fingerprint: '503 down' };
    const chainOf = async ({ id }: Lease): Promise<Chain> => {
      const fate = await rig.store.fate(id, rig.nowMs);
      if (fate.kind !== 'failed') expect.fail(`not failed: ${JSON.stringify(fate)}`);
      return fate.chain;
    };
    /** The next attempt of the chain that `failed` left. */
    const follow = async (failed: Lease, accountId: string, model = 'm') =>
      rig.grant({ of: [accountId], model, grant: { chain: await chainOf(failed) } });
    const recordOf = (accountId: string, model = 'm') => rig.store.figures(accountId).modelCooldown(model);
    const failBoth = async (options: FailureOptions = {}) => {
      const first = await rig.grant({ of: ['a'] });
      await rig.fail(first, 'SERVER_ERROR', outage);
      const second = await follow(first, 'b');
      return { second, result: await rig.fail(second, 'SERVER_ERROR', { ...outage, ...options }) };
    };

    it('cool neither account, and are told', async () => {
      const { second, result } = await failBoth();
      expect(result).toMatchObject({ duplicate: false, platformFault: true, cooldown: undefined });
      expect((await chainOf(second)).faultyPlatforms).toEqual(['anthropic']);
      await rig.grant({ of: ['a'] });
      await rig.grant({ of: ['b'] });
      expect(await rig.cooledMs('SERVER_ERROR', { of: ['a'] })).toBe(minuteMs);
      expect(await rig.cooledMs('SERVER_ERROR', { of: ['b'] })).toBe(minuteMs);
    });

    it('give back the counts and the cooldown there were before', async () => {
      await rig.coolThrough('RATE_LIMIT', { of: ['a'] });
      await rig.coolThrough('RATE_LIMIT', { of: ['b'] });
      await failBoth();
      const probes = [await rig.grant({ of: ['a'] }), await rig.grant({ of: ['b'] })];
      expect(await rig.refusal({ of: ['a', 'b'] })).toEqual(['PROBING', 'PROBING']);
      for (const probe of probes) await rig.fail(probe, 'RATE_LIMIT');
      expect(recordOf('a')).toMatchObject({ failures: 2, untilMs: rig.nowMs + 5 * minuteMs });
      expect(recordOf('b')).toMatchObject({ failures: 2, untilMs: rig.nowMs + 5 * minuteMs });
    });

    it('take back a cooldown of the whole account as well', async () => {
      const hint = { hintMs: hourMs, hintScope: 'ACCOUNT' } as const;
      const first = await rig.grant({ of: ['a'] });
      await rig.fail(first, 'SERVER_ERROR', { ...outage, ...hint });
      expect(await rig.refusal({ of: ['a'], model: 'other' })).toEqual(['COOLING_DOWN']);
      await rig.fail(await follow(first, 'b'), 'SERVER_ERROR', { ...outage, ...hint });
      await rig.grant({ of: ['a'], model: 'other' });
      await rig.grant({ of: ['b'], model: 'other' });
    });

    it('may be seen in two models of one platform', async () => {
      const first = await rig.grant({ of: ['a'], model: 'm' });
      await rig.fail(first, 'SERVER_ERROR', outage);
      const second = await follow(first, 'b', 'fallback');
      expect(await rig.fail(second, 'SERVER_ERROR', outage)).toMatchObject({ platformFault: true });
      expect([recordOf('a', 'm'), recordOf('b', 'fallback')]).toEqual([undefined, undefined]);
    });

    it.each([
      ['another platform', { platform: 'openai' }],
      ['another message', { fingerprint: '503 busy' }],
      ['no fingerprint', { fingerprint: '' }],
    ])('are none of %s: both accounts cool', async (_, options) => {
      const { second, result } = await failBoth(options);
      expect(result).toMatchObject({ platformFault: false, cooldown: { moved: true } });
      expect((await chainOf(second)).faultyPlatforms).toEqual([]);
      expect(await rig.refusal({ of: ['a', 'b'] })).toEqual(['MODEL_COOLING_DOWN', 'MODEL_COOLING_DOWN']);
    });

    it('are none of one account alone, nor of two chains', async () => {
      const first = await rig.grant({ of: ['a'] });
      await rig.fail(first, 'SERVER_ERROR', { ...outage, hintMs: secondMs });
      rig.pass(secondMs);
      const again = await follow(first, 'a');
      expect(await rig.fail(again, 'SERVER_ERROR', outage)).toMatchObject({ platformFault: false });
      const apart = await rig.grant({ of: ['b'] });
      expect(await rig.fail(apart, 'SERVER_ERROR', outage)).toMatchObject({ platformFault: false });
      expect(await rig.refusal({ of: ['a', 'b'] })).toEqual(['MODEL_COOLING_DOWN', 'MODEL_COOLING_DOWN']);
    });

    it('go on to a second platform, and are told of each once', async () => {
      const { second } = await failBoth();
      const third = await follow(second, 'c');
      expect(await rig.fail(third, 'SERVER_ERROR', outage)).toMatchObject({ platformFault: true });
      expect((await chainOf(third)).faultyPlatforms).toEqual(['anthropic']);
      const fourth = await follow(third, 'd');
      await rig.fail(fourth, 'SERVER_ERROR', { ...outage, platform: 'openai' });
      const fifth = await follow(fourth, 'e');
      await rig.fail(fifth, 'SERVER_ERROR', { ...outage, platform: 'openai' });
      expect((await chainOf(fifth)).faultyPlatforms).toEqual(['anthropic', 'openai']);
      await rig.grant({ of: ['d'] });
    });

    describe('with other failures in between', () => {
      it('leave a failure of a third party, as if it had been alone', async () => {
        const third = await rig.grant({ of: ['a'] });
        const first = await rig.grant({ of: ['a'] });
        await rig.fail(first, 'SERVER_ERROR', outage);
        rig.pass(10 * secondMs);
        await rig.fail(third, 'RATE_LIMIT');
        const untilMs = rig.nowMs + minuteMs;
        await rig.fail(await follow(first, 'b'), 'SERVER_ERROR', outage);
        expect(recordOf('a')).toMatchObject({ failures: 1, untilMs, reason: 'RATE_LIMIT' });
        rig.pass(minuteMs);
        expect(await rig.cooledMs('RATE_LIMIT', { of: ['a'] })).toBe(5 * minuteMs);
      });

      it('take back the step they added to a later failure', async () => {
        const first = await rig.grant({ of: ['a'] });
        await rig.fail(first, 'SERVER_ERROR', outage);
        const second = await follow(first, 'b');
        rig.pass(minuteMs);
        await rig.fail(await rig.grant({ of: ['a'] }), 'RATE_LIMIT');
        expect(recordOf('a')).toMatchObject({ failures: 2, untilMs: rig.nowMs + 5 * minuteMs });
        await rig.fail(second, 'SERVER_ERROR', outage);
        expect(recordOf('a')).toMatchObject({ failures: 1, untilMs: rig.nowMs + minuteMs });
      });

      it('leave what began after a success had ended their cooldown', async () => {
        const first = await rig.grant({ of: ['a'] });
        await rig.fail(first, 'SERVER_ERROR', outage);
        const second = await follow(first, 'b');
        rig.pass(minuteMs);
        await rig.succeed(await rig.grant({ of: ['a'] }));
        await rig.fail(await rig.grant({ of: ['a'] }), 'RATE_LIMIT');
        await rig.fail(second, 'SERVER_ERROR', outage);
        expect(recordOf('a')).toMatchObject({ failures: 1, untilMs: rig.nowMs + minuteMs });
      });

      it('of many chains at once cost no account its place, in whatever order they are seen', async () => {
        const chains = 30;
        const firsts = await Promise.all(Array.from({ length: chains }, () => rig.grant({ of: ['a'] })));
        const spares = await Promise.all(Array.from({ length: chains }, () => rig.grant({ of: ['b'] })));
        for (const first of firsts) await rig.fail(first, 'SERVER_ERROR', outage);
        expect(await rig.refusal({ of: ['a'] })).toEqual(['MODEL_COOLING_DOWN']);
        await Promise.all(spares.map((spare) => rig.cancel(spare)));
        const seconds = await Promise.all(firsts.map((first) => follow(first, 'b')));
        const order = seconds.map((_, index) => (index * 7) % chains);
        for (const index of order) {
          rig.pass(10);
          expect(await rig.fail(seconds[index]!, 'SERVER_ERROR', outage)).toMatchObject({
            platformFault: true,
          });
        }
        await rig.grant({ of: ['a'] });
        await rig.grant({ of: ['b'] });
        expect(recordOf('a')).toBeUndefined();
      });
    });

    describe('seen by probes', () => {
      it('pass the probe on, of both accounts', async () => {
        await rig.coolThrough('RATE_LIMIT', { of: ['a'] });
        await rig.coolThrough('RATE_LIMIT', { of: ['b'] });
        await failBoth();
        await rig.grant({ of: ['a'] });
        await rig.grant({ of: ['b'] });
        expect(await rig.refusal({ of: ['a', 'b'] })).toEqual(['PROBING', 'PROBING']);
      });

      it('leave the probe that is out', async () => {
        const first = await rig.grant({ of: ['a'] });
        const other = await rig.grant({ of: ['a'] });
        await rig.fail(first, 'SERVER_ERROR', outage);
        await rig.fail(other, 'RATE_LIMIT');
        const second = await follow(first, 'b');
        rig.pass(minuteMs);
        await rig.grant({ of: ['a'] });
        await rig.fail(second, 'SERVER_ERROR', outage);
        expect(await rig.refusal({ of: ['a'] })).toEqual(['PROBING']);
      });
    });
  });
}
