import { describe, expect, it } from 'vitest';
import { type CreateStateStore, hourMs, minuteMs, secondMs, useStateStore } from './state-store-rig.ts';

/** How long failures keep accounts away, and from what. */
export function stateStoreCooldownsContract(create: CreateStateStore): void {
  describe('cooldowns', () => {
    const rig = useStateStore(create);
    const modelRecord = (accountId = 'a', model = 'm') => rig.store.figures(accountId).modelCooldown(model);

    describe('by the schedule', () => {
      const lengthsOf = async (reason: Parameters<typeof rig.cooledMs>[0], count: number) => {
        const lengths = [];
        for (let index = 0; index < count; index += 1) {
          const ms = await rig.cooledMs(reason);
          lengths.push(ms);
          rig.pass(ms);
        }
        return lengths;
      };

      it.each(['RATE_LIMIT', 'TIMEOUT', 'NETWORK', 'SERVER_ERROR', 'AUTH'] as const)(
        'last 1, 5, 25, 60, 60 min for %s',
        async (reason) => {
          const minutes = (await lengthsOf(reason, 5)).map((ms) => ms / minuteMs);
          expect(minutes).toEqual([1, 5, 25, 60, 60]);
        },
      );

      it('last 5, 10, 20, 24 h for BILLING', async () => {
        expect((await lengthsOf('BILLING', 4)).map((ms) => ms / hourMs)).toEqual([5, 10, 20, 24]);
      });

      it('last 10, 50, 250, 600, 600 s for OVERLOADED', async () => {
        const seconds = (await lengthsOf('OVERLOADED', 5)).map((ms) => ms / secondMs);
        expect(seconds).toEqual([10, 50, 250, 600, 600]);
      });

      it('last 1 h for MODEL_NOT_FOUND, every time', async () => {
        expect((await lengthsOf('MODEL_NOT_FOUND', 3)).map((ms) => ms / hourMs)).toEqual([1, 1, 1]);
      });

      it('go on from one reason of a scope to another, but for BILLING', async () => {
        expect(await rig.cooledMs('RATE_LIMIT')).toBe(minuteMs);
        rig.pass(minuteMs);
        expect(await rig.cooledMs('OVERLOADED')).toBe(50 * secondMs);
        rig.pass(50 * secondMs);
        expect(await rig.cooledMs('TIMEOUT')).toBe(25 * minuteMs);
        rig.pass(25 * minuteMs);
        expect(await rig.cooledMs('AUTH')).toBe(minuteMs);
        rig.pass(minuteMs);
        expect(await rig.cooledMs('BILLING')).toBe(5 * hourMs);
        rig.pass(5 * hourMs);
        expect(await rig.cooledMs('AUTH')).toBe(5 * minuteMs);
        rig.pass(5 * minuteMs);
        expect(await rig.cooledMs('BILLING')).toBe(10 * hourMs);
      });

      it('begin again 24 h after the last failure', async () => {
        await rig.cooledMs('RATE_LIMIT');
        rig.pass(24 * hourMs - 1);
        expect(await rig.cooledMs('RATE_LIMIT')).toBe(5 * minuteMs);
        rig.pass(24 * hourMs);
        await rig.store.expire(rig.nowMs);
        expect(await rig.cooledMs('RATE_LIMIT')).toBe(minuteMs);
      });

      it('begin again at a success', async () => {
        await rig.coolThrough('RATE_LIMIT');
        await rig.coolThrough('RATE_LIMIT');
        await rig.succeed(await rig.grant());
        expect(await rig.cooledMs('RATE_LIMIT')).toBe(minuteMs);
      });

      it('do not begin again at a cancelled call, nor at a fault of the caller', async () => {
        await rig.coolThrough('RATE_LIMIT');
        await rig.cancel(await rig.grant());
        await rig.fail(await rig.grant(), 'FORMAT');
        expect(await rig.cooledMs('RATE_LIMIT')).toBe(5 * minuteMs);
      });
    });

    describe('by the word of the upstream', () => {
      it('last as long as it says, and count in the schedule', async () => {
        expect(await rig.cooledMs('RATE_LIMIT', { hintMs: 12 * secondMs })).toBe(12 * secondMs);
        expect(modelRecord()).toMatchObject({ source: 'UPSTREAM_HINT', failures: 1 });
        rig.pass(12 * secondMs);
        expect(await rig.cooledMs('RATE_LIMIT')).toBe(5 * minuteMs);
        expect(modelRecord()).toMatchObject({ source: 'SCHEDULE', failures: 2 });
      });

      it('keep the whole account away where it speaks of the account', async () => {
        const { cooldown } = await rig.fail(await rig.grant(), 'RATE_LIMIT', {
          hintMs: 3 * hourMs,
          hintScope: 'ACCOUNT',
        });
        expect(cooldown).toMatchObject({ scope: 'ACCOUNT', moved: true });
        expect(await rig.refusal({ model: 'other' })).toEqual(['COOLING_DOWN']);
        rig.pass(3 * hourMs);
        await rig.grant({ model: 'other' });
      });

      it('are not shortened by a later report, nor by its hint', async () => {
        const [first, second, third] = [await rig.grant(), await rig.grant(), await rig.grant()];
        await rig.fail(first, 'RATE_LIMIT', { hintMs: hourMs });
        const untilMs = rig.nowMs + hourMs;
        rig.pass(secondMs);
        expect(await rig.fail(second, 'RATE_LIMIT', { hintMs: 12 * secondMs })).toMatchObject({
          cooldown: { moved: false, record: { untilMs, source: 'UPSTREAM_HINT' } },
        });
        expect(await rig.fail(third, 'OVERLOADED')).toMatchObject({
          cooldown: { moved: false, record: { untilMs, reason: 'RATE_LIMIT' } },
        });
        rig.pass(hourMs - secondMs - 1);
        expect(await rig.refusal()).toEqual(['MODEL_COOLING_DOWN']);
        rig.pass(1);
        await rig.grant();
      });

      it('are lengthened by a later, longer one', async () => {
        const [first, second] = [await rig.grant(), await rig.grant()];
        await rig.fail(first, 'OVERLOADED');
        expect(await rig.fail(second, 'RATE_LIMIT', { hintMs: hourMs })).toMatchObject({
          cooldown: {
            moved: true,
            record: { untilMs: rig.nowMs + hourMs, reason: 'RATE_LIMIT', source: 'UPSTREAM_HINT' },
          },
        });
      });
    });

    it('open at their very end', async () => {
      const { cooldown } = await rig.fail(await rig.grant(), 'RATE_LIMIT');
      expect(cooldown).toMatchObject({ scope: 'ACCOUNT_MODEL', moved: true });
      expect(cooldown?.record).toMatchObject({ reason: 'RATE_LIMIT', source: 'SCHEDULE', failures: 1 });
      rig.pass(minuteMs - 1);
      expect(await rig.refusal()).toEqual(['MODEL_COOLING_DOWN']);
      rig.pass(1);
      await rig.grant();
    });

    describe('of one account', () => {
      it('block no other account, nor another model of the same', async () => {
        const keys = ['glm', 'glm__key_1', 'glm__key_2'];
        await rig.fail(await rig.grant({ of: ['glm'] }), 'RATE_LIMIT');
        expect((await rig.grant({ of: keys })).accountId).toBe('glm__key_1');
        expect((await rig.grant({ of: keys, model: 'other' })).accountId).toBe('glm');
      });

      it.each(['AUTH', 'BILLING'] as const)('keep every model of it away for %s', async (reason) => {
        const { cooldown } = await rig.fail(await rig.grant(), reason);
        expect(cooldown).toMatchObject({ scope: 'ACCOUNT' });
        expect(await rig.refusal({ model: 'other' })).toEqual(['COOLING_DOWN']);
        await rig.grant({ of: ['b'] });
      });

      it('are the same in every group', async () => {
        await rig.fail(await rig.grant({ groupId: 'g' }), 'RATE_LIMIT');
        expect(await rig.refusal({ groupId: 'h' })).toEqual(['MODEL_COOLING_DOWN']);
      });

      it('tell model names apart, whatever is in them', async () => {
        const cold = ['m', '', 'm:n', '{m}', '__proto__'];
        for (const model of cold) await rig.fail(await rig.grant({ model }), 'RATE_LIMIT');
        for (const model of cold) expect(await rig.refusal({ model })).toEqual(['MODEL_COOLING_DOWN']);
        for (const model of ['M', 'm ', 'n', 'constructor']) await rig.grant({ model });
        const names = [...rig.store.figures('a').modelCooldowns()].map(([model]) => model);
        expect(new Set(names)).toEqual(new Set(cold));
      });

      it.each(['FORMAT', 'CONTEXT_OVERFLOW', 'UNKNOWN', 'CANCELLED'] as const)(
        'never come from the fault of a caller: %s',
        async (reason) => {
          expect((await rig.fail(await rig.grant(), reason)).cooldown).toBeUndefined();
          await rig.grant();
          expect(modelRecord()).toBeUndefined();
        },
      );
    });

    describe('met by many', () => {
      it('of requests in flight count once, and are extended by none of them', async () => {
        const leases = await Promise.all(Array.from({ length: 20 }, () => rig.grant()));
        const untilMs = rig.nowMs + minuteMs + 100;
        for (const lease of leases) {
          rig.pass(100);
          expect(await rig.fail(lease, 'RATE_LIMIT')).toMatchObject({ cooldown: { record: { untilMs } } });
        }
        expect(modelRecord()).toMatchObject({ failures: 1, untilMs });
        rig.pass(minuteMs);
        expect(await rig.cooledMs('RATE_LIMIT')).toBe(5 * minuteMs);
      });

      it('count BILLING once as well', async () => {
        const leases = await Promise.all(Array.from({ length: 20 }, () => rig.grant()));
        for (const lease of leases) await rig.fail(lease, 'BILLING');
        expect(rig.store.figures('a').cooldown).toMatchObject({
          billingFailures: 1,
          untilMs: rig.nowMs + 5 * hourMs,
        });
      });
    });

    describe('and successes', () => {
      it('of requests granted before they began end nothing', async () => {
        const early = await rig.grant();
        const second = await rig.grant();
        rig.pass(secondMs);
        await rig.fail(second, 'RATE_LIMIT');
        await rig.succeed(early);
        expect(await rig.refusal()).toEqual(['MODEL_COOLING_DOWN']);
        rig.pass(minuteMs);
        expect(await rig.cooledMs('RATE_LIMIT')).toBe(5 * minuteMs);
      });

      it('of requests granted before they began do not take the place of the probe', async () => {
        const early = await rig.grant({ ttlMs: hourMs });
        await rig.coolThrough('RATE_LIMIT');
        await rig.succeed(early);
        const probe = await rig.grant();
        expect(await rig.refusal()).toEqual(['PROBING']);
        expect(await rig.fail(probe, 'RATE_LIMIT')).toMatchObject({
          cooldown: { record: { failures: 2 } },
        });
      });

      it('end the cooldown of their account and model, and that of the account', async () => {
        await rig.coolThrough('RATE_LIMIT');
        await rig.coolThrough('AUTH');
        await rig.succeed(await rig.grant());
        expect([rig.store.figures('a').cooldown, modelRecord()]).toEqual([undefined, undefined]);
      });

      it('end no cooldown of another model or account', async () => {
        await rig.fail(await rig.grant({ model: 'other' }), 'RATE_LIMIT');
        await rig.fail(await rig.grant({ of: ['b'] }), 'RATE_LIMIT');
        await rig.succeed(await rig.grant());
        expect(await rig.refusal({ model: 'other' })).toEqual(['MODEL_COOLING_DOWN']);
        expect(await rig.refusal({ of: ['b'] })).toEqual(['MODEL_COOLING_DOWN']);
      });

      it('do not end a running one for BILLING, however late they were granted', async () => {
        const [lease, late] = [await rig.grant(), await rig.grant()];
        await rig.fail(lease, 'BILLING');
        rig.pass(secondMs);
        await rig.settle(late, { grantedAtMs: rig.nowMs });
        expect(await rig.refusal()).toEqual(['COOLING_DOWN']);
      });

      it('end a running one that is not for BILLING where they were granted since', async () => {
        const [lease, late] = [await rig.grant(), await rig.grant()];
        await rig.fail(lease, 'AUTH');
        rig.pass(secondMs);
        await rig.settle(late, { grantedAtMs: rig.nowMs });
        await rig.grant();
      });
    });
  });
}
