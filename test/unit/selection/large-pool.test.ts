import { expect, test } from 'vitest';
import { cooldownUntil } from '../../support/plain-figures.ts';
import { claimed, nowMs, poolRig } from '../../support/pool-rig.ts';

/** Thirty equal accounts, used in their order: the last would be chosen last. */
const rigOf = (account = '') => {
  const accounts = Array.from({ length: 30 }, (_, index) => `{id: a${index}, platform: anthropic${account}}`);
  const rig = poolRig(`accounts: [${accounts.join(', ')}]`);
  for (let index = 0; index < 30; index += 1) rig.figures(`a${index}`).lastUsedAt = index + 1;
  return rig;
};

test('a cooling account is told of although many better ones are found before it', () => {
  const rig = rigOf();
  rig.figures('a28').cooldown = cooldownUntil(nowMs + 1);
  rig.figures('a29').byModel.set('m', cooldownUntil(nowMs + 1));
  const decision = rig.decide();
  expect(claimed(decision)[0]).toBe('a0');
  expect(decision.passedOver.map(({ accountId }) => accountId)).toEqual(['a28', 'a29']);
});

test('every account with a sum that is not known is asked for at once, not only the best', () => {
  const windows = rigOf(', type: oauth, limits: {window_cost: 5}').decide().looked;
  expect(windows.windowCostsMissing).toHaveLength(30);
  const quotas = rigOf(', type: api_key, limits: {quota: {daily: 5}}').decide().looked;
  expect(quotas.quotasMissing).toHaveLength(30);
});

test('the best comes last in the pool, behind thousands that are worse', () => {
  const accounts = Array.from(
    { length: 3_000 },
    (_, index) => `{id: a${index}, platform: anthropic, concurrency: 4}`,
  );
  const rig = poolRig(`accounts: [${accounts.join(', ')}]`);
  for (const id of rig.catalog.accounts.keys()) rig.figures(id).inFlight = 1;
  rig.figures('a2999').inFlight = 0;
  rig.figures('a2998').inFlight = 4;
  expect(claimed(rig.decide())[0]).toBe('a2999');
  expect(claimed(rig.decide())).not.toContain('a2998');
});
