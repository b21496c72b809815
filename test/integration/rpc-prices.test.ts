import { describe, expect, it } from 'vitest';
import { report, select, selectId } from '../support/calls.ts';
import { groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

const config = groupOf(
  [subscription('a', { models: { opus: 'opus-4-6', sonnet: 'sonnet-5', plain: 'plain' } })],
  {
    prices: {
      'opus*': { input: 1, output: 2, cache_read: 3, cache_creation: 4 },
      opus: { input: 10, output: 20, cache_read: 30, cache_creation: 40 },
      'sonnet-5': { input: 5 },
    },
  },
);

const million = {
  inputTokens: 1_000_000n,
  outputTokens: 1_000_000n,
  cacheReadTokens: 1_000_000n,
  cacheCreationTokens: 1_000_000n,
};

async function costOf(app: RunningApp, model: string, usage: object): Promise<number | undefined> {
  await report(app, await select(app, { model }), { usage });
  return (await app.admin.listAccounts({})).accounts[0]?.windowCost;
}

describe('the cost of what was used', () => {
  it.each([
    { by: 'the exact name before a pattern', model: 'opus', usage: million, cost: 100 },
    { by: "the upstream's name where the model has no price", model: 'sonnet', usage: million, cost: 5 },
    { by: 'nothing where nobody knows a price', model: 'plain', usage: million, cost: 0 },
    { by: 'what the report says', model: 'opus', usage: { ...million, standardCost: 7 }, cost: 7 },
    {
      by: 'what the report says, though it is nothing',
      model: 'opus',
      usage: { ...million, standardCost: 0 },
      cost: 0,
    },
  ])('goes by $by', async ({ model, usage, cost }) => {
    const app = await startTestApp({ config });
    expect(await costOf(app, model, usage)).toBeCloseTo(cost, 9);
  });

  it('is standard cost: no multiplier changes it', async () => {
    const app = await startTestApp({ config: { ...config, groups: [{ id: 'g', rate_multiplier: 3 }] } });
    expect(await costOf(app, 'sonnet', million)).toBeCloseTo(5, 9);
  });
});

describe('sessions at a time', () => {
  const limited = groupOf([
    subscription('a', { limits: { sessions: 2, session_idle: '2m' } }),
    subscription('b', { priority: 90 }),
  ]);

  it('let a known session in, send a new one elsewhere, and end when they are idle', async () => {
    const app = await startTestApp({ config: limited });
    const go = async (sessionId: string) => selectId(app, { sessionId });
    expect([await go('s1'), await go('s2'), await go('s3'), await go('s1')]).toEqual(['a', 'a', 'b', 'a']);
    // Requests without a session are none.
    expect(await selectId(app)).toBe('a');
    app.clock.advance(119_999);
    expect(await go('s4')).toBe('b');
    app.clock.advance(1);
    expect(await go('s5')).toBe('a');
  });
});
