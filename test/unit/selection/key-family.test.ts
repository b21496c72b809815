import { describe, expect, test } from 'vitest';
import { cooldownUntil } from '../../support/plain-figures.ts';
import { attemptAt, awaited, claimed, nowMs, poolRig } from '../../support/pool-rig.ts';

const rigOf = (...others: readonly string[]) =>
  poolRig(`accounts:
  - {id: fam, platform: anthropic, type: api_key, concurrency: 2, api_keys: [k1, k2, k3]}
${others.map((text) => `  - {platform: anthropic, ${text}}`).join('\n')}`);
const keys = ['fam', 'fam__key_1', 'fam__key_2'];
const skipped = (rig: ReturnType<typeof rigOf>, ask = {}) =>
  rig.decide(ask).passedOver.map(({ accountId }) => accountId);

describe('a key family', () => {
  test('has its keys tried in their order, however much the first was used', () => {
    const rig = rigOf();
    rig.figures('fam').inFlight = 1;
    rig.figures('fam').lastUsedAt = 100;
    for (let round = 0; round < 20; round += 1) expect(claimed(rig.decide())).toEqual(keys);
  });

  test('goes on to its second key when the first is full', () => {
    const rig = rigOf();
    rig.figures('fam').inFlight = 2;
    expect(claimed(rig.decide())).toEqual(['fam__key_1', 'fam__key_2']);
  });

  test('ranks by its first key that can serve', () => {
    const rig = rigOf('id: other, concurrency: 4');
    rig.figures('fam').inFlight = 2;
    rig.figures('other').inFlight = 1;
    expect(claimed(rig.decide())).toEqual(['fam__key_1', 'fam__key_2', 'other']);
    rig.figures('fam__key_1').inFlight = 1;
    expect(claimed(rig.decide())).toEqual(['other', 'fam__key_1', 'fam__key_2']);
  });

  test('ranks as one entry among single accounts: none of its keys comes between', () => {
    const rig = rigOf('id: early', 'id: late');
    rig.figures('fam').lastUsedAt = 5;
    rig.figures('early').lastUsedAt = 3;
    rig.figures('late').lastUsedAt = 7;
    expect(claimed(rig.decide())).toEqual(['early', ...keys, 'late']);
  });

  test('gets the share of one account', () => {
    const rig = rigOf('id: other');
    let family = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const [first] = claimed(rig.decide());
      if (first === 'fam') family += 1;
    }
    expect(Math.abs(family / 2_000 - 0.5)).toBeLessThan(0.04);
  });

  test('passes over a cooling key for the next, and says so', () => {
    const rig = rigOf();
    rig.figures('fam').byModel.set('m', cooldownUntil(nowMs + 1, { reason: 'OVERLOADED' }));
    const decision = rig.decide();
    expect(claimed(decision)).toEqual(['fam__key_1', 'fam__key_2']);
    expect(decision.passedOver).toMatchObject([
      { accountId: 'fam', model: 'm', reason: 'OVERLOADED', skipped: true },
    ]);
  });

  test('does not pass over a cooling key that stands behind the one chosen', () => {
    const rig = rigOf();
    rig.figures('fam').cooldown = cooldownUntil(nowMs + 1);
    rig.figures('fam__key_2').cooldown = cooldownUntil(nowMs + 1);
    expect(skipped(rig)).toEqual(['fam']);
  });

  test('excluding its id excludes its first key alone', () => {
    expect(claimed(rigOf().decide({ excludedAccountIds: ['fam'] }))).toEqual(['fam__key_1', 'fam__key_2']);
  });

  test('waits for whichever key frees a slot where all are full', () => {
    const rig = rigOf();
    for (const key of keys) rig.figures(key).inFlight = 2;
    expect(awaited(rig.decide())).toEqual(keys);
  });

  test('moves on along its keys in a chain', () => {
    const rig = rigOf();
    const chain = {
      request: {
        groupId: '',
        model: 'm',
        sessionId: '',
        userId: '',
        platform: '',
        excludedAccountIds: [],
        leaseTtlMs: 0,
      },
      attempts: [attemptAt('fam')],
      faultyPlatforms: [],
      ended: false,
    };
    rig.figures('fam').byModel.set('m', cooldownUntil(nowMs + 60_000));
    expect(claimed(rig.decide({ chain }))).toEqual(['fam__key_1', 'fam__key_2']);
    // What the chain tried is not told again as passed over.
    expect(skipped(rig, { chain })).toEqual([]);
  });
});
