import { describe, expect, it } from 'vitest';
import { cooldownEffect } from '../../../src/failover/cooldown-policy.ts';
import { failoverReasons } from '../../../src/failover/failure.ts';
import { policy } from '../../contract/state-store-rig.ts';

const blameless = new Set(['CANCELLED', 'CONTEXT_OVERFLOW', 'FORMAT', 'UNKNOWN']);
const classified = (reason: (typeof failoverReasons)[number]) => ({
  reason,
  failover: !blameless.has(reason),
  evidence: 'test',
});

describe('the effect of a failure', () => {
  it.each(failoverReasons.filter((reason) => blameless.has(reason)))('is none for %s', (reason) => {
    const hint = { untilMs: 5, scope: 'ACCOUNT', evidence: 'test' } as const;
    expect(cooldownEffect(classified(reason), hint, policy)).toBeUndefined();
  });

  it.each([
    ['BILLING', 'ACCOUNT', policy.billing],
    ['AUTH', 'ACCOUNT', policy.standard],
    ['OVERLOADED', 'ACCOUNT_MODEL', policy.overloaded],
    ['RATE_LIMIT', 'ACCOUNT_MODEL', policy.standard],
    ['TIMEOUT', 'ACCOUNT_MODEL', policy.standard],
    ['NETWORK', 'ACCOUNT_MODEL', policy.standard],
    ['SERVER_ERROR', 'ACCOUNT_MODEL', policy.standard],
  ] as const)('of %s cools the %s by its schedule', (reason, scope, schedule) => {
    expect(cooldownEffect(classified(reason), undefined, policy)).toEqual({ scope, reason, schedule });
  });

  it('of MODEL_NOT_FOUND lasts the same every time', () => {
    expect(cooldownEffect(classified('MODEL_NOT_FOUND'), undefined, policy)).toMatchObject({
      scope: 'ACCOUNT_MODEL',
      schedule: { baseMs: 3_600_000, growth: 1, capMs: 3_600_000 },
    });
  });

  it('ends when the upstream says, and is the account where it speaks of the account', () => {
    const hint = { untilMs: 5, evidence: 'test' };
    const ofModel = cooldownEffect(classified('RATE_LIMIT'), { ...hint, scope: 'ACCOUNT_MODEL' }, policy);
    expect(ofModel).toMatchObject({ scope: 'ACCOUNT_MODEL', hintUntilMs: 5 });
    const ofAccount = cooldownEffect(classified('RATE_LIMIT'), { ...hint, scope: 'ACCOUNT' }, policy);
    expect(ofAccount).toMatchObject({ scope: 'ACCOUNT', hintUntilMs: 5 });
    const narrow = cooldownEffect(classified('AUTH'), { ...hint, scope: 'ACCOUNT_MODEL' }, policy);
    expect(narrow?.scope).toBe('ACCOUNT');
  });
});
