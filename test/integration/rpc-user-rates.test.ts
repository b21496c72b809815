import { describe, expect, it } from 'vitest';
import type { UserRateSource } from '../../src/ports/user-rates.ts';
import { select } from '../support/calls.ts';
import { settled } from '../support/manual-clock.ts';
import { counted } from '../support/metric-deltas.ts';
import { subscription } from '../support/sidecar-config.ts';
import { startTestApp } from '../support/start-app.ts';

const config = {
  groups: [
    { id: 'g', rate_multiplier: 1.2, user_rates: { alice: 1.7 } },
    { id: 'plain', rate_multiplier: 0.5 },
  ],
  accounts: [subscription('a', { groups: ['g', 'plain'] }), subscription('loner', { groups: [] })],
};
const twelve = Array.from({ length: 12 });
const rates = ['user_group_rate_cache'];

describe("a user's rate", () => {
  it('is loaded once for twelve concurrent first look-ups', async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const userRates = (configured: UserRateSource): UserRateSource => ({
      async userRate(userId, groupId) {
        asked += 1;
        await gate.promise;
        return configured.userRate(userId, groupId);
      },
    });
    const app = await startTestApp({ config, adapters: { userRates } });
    const moved = await counted(app, rates, async () => {
      const calls = twelve.map(() => select(app, { userId: 'alice' }));
      while ((await app.metric('remora_user_group_rate_cache_misses_total')) < 12) await settled();
      gate.resolve();
      const selections = await Promise.all(calls);
      expect(selections.map(({ rateMultiplier }) => rateMultiplier)).toEqual(twelve.map(() => 1.7));
    });
    expect(asked).toBe(1);
    expect(moved).toEqual({
      user_group_rate_cache_misses: 12,
      user_group_rate_cache_loads: 1,
      user_group_rate_cache_singleflight_shared: 11,
    });
  });

  it.each(Array.from({ length: 5 }, (_, round) => round))(
    'is loaded once for twelve calls sent at once where the configuration file has it (round %i)',
    async () => {
      const app = await startTestApp({ config });
      const moved = await counted(app, rates, async () => {
        const selections = await Promise.all(twelve.map(() => select(app, { userId: 'alice' })));
        expect(selections.map(({ rateMultiplier }) => rateMultiplier)).toEqual(twelve.map(() => 1.7));
      });
      expect(moved).toEqual({
        user_group_rate_cache_misses: 12,
        user_group_rate_cache_loads: 1,
        user_group_rate_cache_singleflight_shared: 11,
      });
    },
  );

  it('comes from the cache within 30 s, and is loaded again afterwards', async () => {
    const app = await startTestApp({ config });
    await select(app, { userId: 'alice' });
    app.clock.advance(29_999);
    const within = await counted(app, rates, async () => {
      expect((await select(app, { userId: 'alice' })).rateMultiplier).toBe(1.7);
    });
    expect(within).toEqual({ user_group_rate_cache_hits: 1 });
    app.clock.advance(2);
    const after = await counted(app, rates, () => select(app, { userId: 'alice' }));
    expect(after).toEqual({ user_group_rate_cache_misses: 1, user_group_rate_cache_loads: 1 });
  });

  it("is the group's where the user has none of their own, and that is cached too", async () => {
    const app = await startTestApp({ config });
    const first = await counted(app, rates, async () => {
      expect((await select(app, { userId: 'bob' })).rateMultiplier).toBe(1.2);
    });
    expect(first).toEqual({ user_group_rate_cache_misses: 1, user_group_rate_cache_loads: 1 });
    const second = await counted(app, rates, async () => {
      expect((await select(app, { userId: 'bob' })).rateMultiplier).toBe(1.2);
    });
    expect(second).toEqual({ user_group_rate_cache_hits: 1 });
  });

  it('is kept apart by group', async () => {
    const app = await startTestApp({ config });
    expect((await select(app, { userId: 'alice' })).rateMultiplier).toBe(1.7);
    expect((await select(app, { userId: 'alice', groupId: 'plain' })).rateMultiplier).toBe(0.5);
  });

  it("is the group's, uncached, where the source fails, and counts one fallback", async () => {
    let fails = true;
    const userRates = (configured: UserRateSource): UserRateSource => ({
      userRate: (userId, groupId) =>
        fails ? Promise.reject(new Error('away')) : configured.userRate(userId, groupId),
    });
    const app = await startTestApp({ config, adapters: { userRates } });
    const failing = await counted(app, rates, async () => {
      expect((await select(app, { userId: 'alice' })).rateMultiplier).toBe(1.2);
    });
    expect(failing).toEqual({
      user_group_rate_cache_misses: 1,
      user_group_rate_cache_loads: 1,
      user_group_rate_cache_fallbacks: 1,
    });
    fails = false;
    const back = await counted(app, rates, async () => {
      expect((await select(app, { userId: 'alice' })).rateMultiplier).toBe(1.7);
    });
    expect(back).toEqual({ user_group_rate_cache_misses: 1, user_group_rate_cache_loads: 1 });
  });

  it('is not looked up without a user or without a group', async () => {
    const app = await startTestApp({ config });
    const moved = await counted(app, rates, async () => {
      expect((await select(app)).rateMultiplier).toBe(1.2);
      expect((await select(app, { groupId: '', userId: 'alice' })).rateMultiplier).toBe(1);
    });
    expect(moved).toEqual({});
  });

  it.each([
    { by: 'user and group', selector: { userId: 'alice', groupId: 'g' }, again: 1 },
    { by: 'user alone', selector: { userId: 'alice' }, again: 1 },
    { by: 'group alone', selector: { groupId: 'g' }, again: 1 },
    { by: 'another user', selector: { userId: 'bob' }, again: 0 },
    { by: 'another group', selector: { groupId: 'plain' }, again: 0 },
  ])('is forgotten by $by: $again look-ups more', async ({ selector, again }) => {
    const app = await startTestApp({ config });
    await select(app, { userId: 'alice' });
    await app.admin.invalidateUserRates(selector);
    await select(app, { userId: 'alice' });
    expect(await app.metric('remora_user_group_rate_cache_loads_total')).toBe(1 + again);
  });

  it('is read anew once a reload changed it', async () => {
    const app = await startTestApp({ config });
    await select(app, { userId: 'alice' });
    app.reload({ ...config, groups: [{ id: 'g', user_rates: { alice: 2.5 } }, config.groups[1]] });
    expect((await select(app, { userId: 'alice' })).rateMultiplier).toBe(2.5);
  });
});
