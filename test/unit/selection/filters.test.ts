import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../src/selection/verdict.ts';
import { cooldownUntil, type PlainFigures } from '../../support/plain-figures.ts';
import { type Ask, attemptAt, claimed, nowMs, type PoolRig, poolRig } from '../../support/pool-rig.ts';

/** The verdict on the pool's only account; ELIGIBLE is only said of one that would be claimed. */
function verdictOn(rig: PoolRig, ask: Ask = {}): Verdict | undefined {
  const [verdict] = rig.survey(ask).counts.keys();
  return claimed(rig.decide(ask)).length > 0 ? 'ELIGIBLE' : verdict;
}

interface Case {
  readonly name: string;
  readonly account: string;
  readonly figures?: Partial<PlainFigures>;
  readonly ask?: Ask;
  readonly verdict: Verdict;
}

const chainAfter = (ask: Partial<Ask['chain'] & object>): Ask => ({
  chain: {
    request: {
      groupId: '',
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
    ...ask,
  },
});
const spent = { dailyUsd: 5, weeklyUsd: 20, totalUsd: 100 };

const cases: readonly Case[] = [
  { name: 'nothing against it', account: 'type: oauth', verdict: 'ELIGIBLE' },
  {
    name: 'excluded by the caller',
    account: 'type: oauth',
    ask: { excludedAccountIds: ['a'] },
    verdict: 'EXCLUDED',
  },
  {
    name: 'another account is excluded',
    account: 'type: oauth',
    ask: { excludedAccountIds: ['b'] },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'tried in this chain for this model',
    account: 'type: oauth',
    ask: chainAfter({ attempts: [attemptAt('a')] }),
    verdict: 'EXCLUDED',
  },
  {
    name: 'tried in this chain for another model',
    account: 'type: oauth',
    ask: chainAfter({ attempts: [attemptAt('a', { model: 'n' })] }),
    verdict: 'ELIGIBLE',
  },
  {
    name: 'only passed over in this chain',
    account: 'type: oauth',
    ask: chainAfter({ attempts: [attemptAt('a', { skipped: true })] }),
    verdict: 'ELIGIBLE',
  },
  {
    name: 'its platform is at fault in this chain',
    account: 'type: oauth',
    ask: chainAfter({ faultyPlatforms: ['anthropic'] }),
    verdict: 'EXCLUDED',
  },
  { name: 'status disabled', account: 'status: disabled', verdict: 'DISABLED' },
  { name: 'status error', account: 'status: error', verdict: 'DISABLED' },
  { name: 'not schedulable', account: 'schedulable: false', verdict: 'DISABLED' },
  {
    name: 'an operator takes it out',
    account: 'type: oauth',
    figures: { override: { schedulable: false, reason: 'test' } },
    verdict: 'DISABLED',
  },
  {
    name: 'an operator puts it in',
    account: 'schedulable: false',
    figures: { override: { schedulable: true, reason: 'test' } },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'an operator can not revive a disabled status',
    account: 'status: disabled',
    figures: { override: { schedulable: true, reason: 'test' } },
    verdict: 'DISABLED',
  },
  { name: 'expired this moment', account: 'expires_at: 2026-01-05T12:30:00Z', verdict: 'DISABLED' },
  { name: 'expires later', account: 'expires_at: 2026-01-05T12:30:01Z', verdict: 'ELIGIBLE' },
  { name: 'another platform', account: 'platform: openai', verdict: 'PLATFORM_MISMATCH' },
  { name: 'without the model', account: 'models: [n]', verdict: 'MODEL_UNSUPPORTED' },
  { name: 'any model asked for', account: 'models: [n]', ask: { model: '' }, verdict: 'ELIGIBLE' },
  {
    name: 'cooling',
    account: 'type: oauth',
    figures: { cooldown: cooldownUntil(nowMs + 1) },
    verdict: 'COOLING_DOWN',
  },
  {
    name: 'a cooldown that ends this moment',
    account: 'type: oauth',
    figures: { cooldown: cooldownUntil(nowMs) },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'cooling for this model',
    account: 'type: oauth',
    figures: { byModel: new Map([['m', cooldownUntil(nowMs + 1)]]) },
    verdict: 'MODEL_COOLING_DOWN',
  },
  {
    name: 'cooling for another model',
    account: 'type: oauth',
    figures: { byModel: new Map([['n', cooldownUntil(nowMs + 1)]]) },
    verdict: 'ELIGIBLE',
  },
  ...(['daily: 5', 'weekly: 20', 'total: 100'] as const).flatMap((quota): Case[] => [
    {
      name: `quota ${quota} reached by an API key`,
      account: `type: api_key, limits: {quota: {${quota}}}`,
      figures: { quota: spent },
      verdict: 'QUOTA_EXCEEDED',
    },
    {
      name: `quota ${quota} reached by Bedrock`,
      account: `type: bedrock, limits: {quota: {${quota}}}`,
      figures: { quota: spent },
      verdict: 'QUOTA_EXCEEDED',
    },
    {
      name: `quota ${quota} reached by a subscription, which has none`,
      account: `type: oauth, limits: {quota: {${quota}}}`,
      figures: { quota: spent },
      verdict: 'ELIGIBLE',
    },
  ]),
  {
    name: 'quotas not reached',
    account: 'type: api_key, limits: {quota: {daily: 5.01, weekly: 20.01, total: 100.01}}',
    figures: { quota: spent },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'a quota use read for this selection',
    account: 'type: api_key, limits: {quota: {daily: 5}}',
    ask: { read: { windowCosts: new Map(), quotas: new Map([['a', spent]]) } },
    verdict: 'QUOTA_EXCEEDED',
  },
  {
    name: 'a quota use that can not be read',
    account: 'type: api_key, limits: {quota: {daily: 5}}',
    verdict: 'ELIGIBLE',
  },
  {
    name: 'its probe is out',
    account: 'type: oauth',
    figures: {
      cooldown: cooldownUntil(nowMs - 1, { probeDue: true, probe: { leaseId: 'x', sinceMs: nowMs - 1 } }),
    },
    verdict: 'PROBING',
  },
  {
    name: 'its probe for this model is out',
    account: 'type: oauth',
    figures: {
      byModel: new Map([
        ['m', cooldownUntil(nowMs - 1, { probeDue: true, probe: { leaseId: 'x', sinceMs: nowMs - 1 } })],
      ]),
    },
    verdict: 'PROBING',
  },
  {
    name: 'its probe has been out for long enough',
    account: 'type: oauth',
    figures: {
      cooldown: cooldownUntil(nowMs - 1, {
        probeDue: true,
        probe: { leaseId: 'x', sinceMs: nowMs - 10_000 },
      }),
    },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'a probe is due',
    account: 'type: oauth',
    figures: { cooldown: cooldownUntil(nowMs - 1, { probeDue: true }) },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'every slot taken',
    account: 'concurrency: 2',
    figures: { inFlight: 2 },
    verdict: 'CONCURRENCY_FULL',
  },
  {
    name: 'one slot free',
    account: 'concurrency: 2',
    figures: { inFlight: 1 },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'no limit of concurrency',
    account: 'concurrency: 0',
    figures: { inFlight: 1_000 },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'its free slot belongs to those that wait for it',
    account: 'concurrency: 2',
    ask: { isSpokenFor: (accountId) => accountId === 'a' },
    verdict: 'CONCURRENCY_FULL',
  },
  {
    name: 'as many sessions as it takes',
    account: 'type: oauth, limits: {sessions: 1}',
    figures: { seenMs: new Map([['\0other', nowMs - 1]]) },
    ask: { sessionId: 's' },
    verdict: 'SESSION_LIMIT',
  },
  {
    name: 'the session is one of those it knows',
    account: 'type: setup_token, limits: {sessions: 1}',
    figures: { seenMs: new Map([['\0s', nowMs - 1]]) },
    ask: { sessionId: 's' },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'its other session has gone idle',
    account: 'type: oauth, limits: {sessions: 1, session_idle: 1m}',
    figures: { seenMs: new Map([['\0other', nowMs - 60_000]]) },
    ask: { sessionId: 's' },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'no session to count',
    account: 'type: oauth, limits: {sessions: 1}',
    figures: { seenMs: new Map([['\0other', nowMs - 1]]) },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'sessions of an API key are not counted',
    account: 'type: api_key, limits: {sessions: 1}',
    figures: { seenMs: new Map([['\0other', nowMs - 1]]) },
    ask: { sessionId: 's' },
    verdict: 'ELIGIBLE',
  },
];

describe('one account', () => {
  test.each(cases)('$name: $verdict', ({ account, figures = {}, ask, verdict }) => {
    const platform = account.includes('platform:') ? '' : 'platform: anthropic, ';
    const rig = poolRig(`accounts: [{id: a, ${platform}${account}}]`);
    Object.assign(rig.figures('a'), figures);
    expect(verdictOn(rig, ask)).toBe(verdict);
  });
});
