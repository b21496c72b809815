import { describe, expect, test } from 'vitest';
import { modelSteps } from '../../../src/routing/model-steps.ts';
import { catalogFrom } from '../config/parsed.ts';

const catalog = catalogFrom(`
groups: [{id: z, platform: zhipu}, {id: plain}]
models:
  - {name: glm, fallbacks: [minimax/abab, glm-air, zhipu/glm, zhipu/glm-air, glm-air, vendor/odd, minimax/abab]}
  - {name: "glm-*", fallbacks: [glm]}
accounts:
  - {id: z1, platform: zhipu, groups: [z]}
  - {id: m1, platform: minimax, groups: [z]}
`);
const steps = (model: string, { groupId = 'z', platform = '' } = {}) =>
  modelSteps(catalog, { groupId, model, platform }, 'anthropic').map(
    (step) => `${step.platform}${step.platformForced ? '!' : ''} ${step.model}`,
  );

describe('the models a request may have', () => {
  test('are its own, then the fallbacks in order, none twice', () => {
    // vendor is no platform here, so vendor/odd is a model's whole name; zhipu/glm and zhipu/glm-air ask nobody anew.
    expect(steps('glm')).toEqual(['zhipu glm', 'minimax! abab', 'zhipu glm-air', 'zhipu vendor/odd']);
  });

  test('include a platform without mixed scheduling before the same with it, which asks more accounts', () => {
    expect(steps('glm', { platform: 'zhipu' })).toEqual([
      'zhipu! glm',
      'minimax! abab',
      'zhipu! glm-air',
      'zhipu! vendor/odd',
    ]);
    expect(steps('glm', { groupId: 'plain' })).toEqual([
      'anthropic glm',
      'minimax! abab',
      'anthropic glm-air',
      'zhipu! glm',
      'zhipu! glm-air',
      'anthropic vendor/odd',
    ]);
  });

  test('come by pattern too, and fallbacks have no fallbacks of their own', () => {
    expect(steps('glm-5')).toEqual(['zhipu glm-5', 'zhipu glm']);
  });

  test('are one where the model has none, or any model will do', () => {
    expect(steps('other')).toEqual(['zhipu other']);
    expect(steps('')).toEqual(['zhipu ']);
  });
});
