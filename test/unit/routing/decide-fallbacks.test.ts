import { describe, expect, test } from 'vitest';
import type { Chain } from '../../../src/ports/state-store.ts';
import { cooldownUntil } from '../../support/plain-figures.ts';
import { attemptAt, awaited, claimed, modelOf, nowMs, poolRig } from '../../support/pool-rig.ts';

const rig = () =>
  poolRig(`
groups: [{id: g}]
models: [{name: m, fallbacks: [n, openai/o]}]
accounts:
  - {id: a, platform: anthropic, groups: [g], models: [m], concurrency: 1, priority: 1}
  - {id: b, platform: anthropic, groups: [g], models: [m, n], concurrency: 1, priority: 2}
  - {id: o, platform: openai, groups: [g], models: {o: gpt}}
`);
const cool = (made: ReturnType<typeof rig>, id: string, model: string, seconds = 60) =>
  made.figures(id).byModel.set(model, cooldownUntil(nowMs + seconds * 1000));
const chainOf = (more: Partial<Chain>): Chain => ({
  request: {
    groupId: 'g',
    model: 'm',
    sessionId: '',
    userId: '',
    platform: '',
    excludedAccountIds: [],
    leaseTtlMs: 0,
  },
  attempts: [],
  faultyPlatforms: [],
  ended: false,
  ...more,
});
const told = (made: ReturnType<typeof rig>, ask: Parameters<typeof made.decide>[0]) =>
  made.decide(ask).passedOver.map(({ accountId, model }) => `${accountId} ${model}`);

describe('fallback models', () => {
  test('are left alone while an account of the model can serve', () => {
    const decision = rig().decide({ groupId: 'g' });
    expect([modelOf(decision), claimed(decision)]).toEqual(['m', ['a', 'b']]);
  });

  test('follow in order when every account of the model cools, on a first attempt too', () => {
    const made = rig();
    cool(made, 'a', 'm');
    cool(made, 'b', 'm');
    const second = made.decide({ groupId: 'g' });
    expect([modelOf(second), claimed(second)]).toEqual(['n', ['b']]);
    expect(told(made, { groupId: 'g' })).toEqual(['a m', 'b m']);
    cool(made, 'b', 'n');
    const third = made.decide({ groupId: 'g' });
    expect([modelOf(third), claimed(third)]).toEqual(['o', ['o']]);
    expect(told(made, { groupId: 'g' })).toEqual(['a m', 'b m', 'b n']);
  });

  test('do not follow while an account of the model is merely full', () => {
    const made = rig();
    cool(made, 'a', 'm');
    made.figures('b').inFlight = 1;
    expect(awaited(made.decide({ groupId: 'g' }))).toEqual(['b']);
  });

  test('follow when the accounts are tried or spent', () => {
    const made = rig();
    const decision = made.decide({
      groupId: 'g',
      chain: chainOf({ attempts: [attemptAt('a'), attemptAt('b')] }),
    });
    // Tried for m, not for n.
    expect([modelOf(decision), claimed(decision)]).toEqual(['n', ['b']]);
  });

  test('skip a platform this chain found at fault', () => {
    const decision = rig().decide({
      groupId: 'g',
      chain: chainOf({ attempts: [attemptAt('a'), attemptAt('b')], faultyPlatforms: ['anthropic'] }),
    });
    expect([modelOf(decision), claimed(decision)]).toEqual(['o', ['o']]);
  });

  test('are served by the session’s own account where that can', () => {
    const made = rig();
    cool(made, 'a', 'm');
    cool(made, 'b', 'm');
    const decision = made.decide({ groupId: 'g', sessionId: 's', boundAccountId: 'b' });
    expect([modelOf(decision), claimed(decision)]).toEqual(['n', ['b']]);
    expect(decision).toMatchObject({
      lost: { accountId: 'b', verdict: 'MODEL_COOLING_DOWN' },
      dropBinding: true,
    });
  });

  test('leave nothing where all are exhausted, with everyone passed over named once', () => {
    const made = rig();
    for (const [id, model] of [
      ['a', 'm'],
      ['b', 'm'],
      ['b', 'n'],
      ['o', 'o'],
    ] as const)
      cool(made, id, model);
    const ask = { groupId: 'g', sessionId: 's', boundAccountId: 'b' };
    expect(made.decide(ask).action.kind).toBe('reject');
    expect(told(made, ask)).toEqual(['b m', 'a m', 'b n', 'o o']);
  });
});

describe('accounts passed over for a cooldown', () => {
  const many = () =>
    poolRig(`accounts:
${Array.from({ length: 50 }, (_, index) => `  - {id: a${index}, platform: anthropic, priority: ${index < 40 ? 9 : 1}}`).join('\n')}
  - {id: best, platform: anthropic, priority: 5}`);

  test('are those that stand no lower than the one chosen', () => {
    const made = many();
    for (let index = 0; index < 50; index += 1)
      made.figures(`a${index}`).cooldown = cooldownUntil(nowMs + 60_000);
    const decision = made.decide();
    expect(claimed(decision)).toEqual(['best']);
    expect(decision.passedOver.map(({ accountId }) => accountId)).toEqual(
      Array.from({ length: 10 }, (_, index) => `a${index + 40}`),
    );
  });

  test('are at most 32 where nobody can serve', () => {
    const made = many();
    for (let index = 0; index < 50; index += 1)
      made.figures(`a${index}`).cooldown = cooldownUntil(nowMs + 60_000);
    expect(made.decide({ excludedAccountIds: ['best'] }).passedOver).toHaveLength(32);
  });
});
