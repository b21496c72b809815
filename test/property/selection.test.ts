import { describe, expect, test } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { type Decision, decide, type Query } from '../../src/routing/decide.ts';
import { createDraws } from '../../src/routing/draws.ts';
import { PoolEntries } from '../../src/routing/pool-entries.ts';
import { nothingRead } from '../../src/selection/context.ts';
import { FiguresLog } from '../../src/selection/figures-log.ts';
import { parsed } from '../unit/config/parsed.ts';
import { randomWorld, type World } from './random-question.ts';
import { referencePassedOver } from './reference-passed-over.ts';
import { compareStandings, type ReferenceAnswer, referenceSelection } from './reference-selection.ts';

const runs = 10_000;
const { settings: defaults } = parsed('accounts: [{id: a, platform: anthropic}]');

/** What remora decides in a world. */
function decideIn({ catalog, question, salt }: World): Decision {
  const byId = new Map(question.accounts.map(({ account, figures }) => [account.id, figures]));
  const settings: Settings = {
    ...defaults,
    scheduling: {
      ...defaults.scheduling,
      tierFallback: question.tierFallback,
      fallbackSelection: question.leastRecentlyUsed ? 'least_recently_used' : 'random',
    },
  };
  const request = {
    groupId: question.groupId,
    model: question.model,
    sessionId: question.sessionId,
    userId: '',
    platform: question.platform,
    excludedAccountIds: question.excluded,
    leaseTtlMs: 0,
  };
  const { attempts, faultyPlatforms } = question;
  const isFirst = attempts.length === 0 && faultyPlatforms.length === 0;
  const query: Query = {
    catalog,
    settings,
    request,
    requireSticky: question.requireSticky,
    chain: isFirst ? undefined : { request, attempts, faultyPlatforms, ended: false },
    boundAccountId: question.boundTo,
    nowMs: question.nowMs,
    read: nothingRead,
    isSpokenFor: (accountId) => question.spokenFor.includes(accountId),
  };
  const pools = new PoolEntries({
    state: {
      figures: (accountId) => byId.get(accountId)!,
      figuresLog: new FiguresLog(),
      candidatesWorth: 8,
    },
    settings,
    random: createDraws(salt),
  });
  return decide(query, pools);
}

/** The accounts a decision names, in its order. */
function named({ action }: Decision): readonly string[] {
  if (action.kind === 'claim') return action.candidates.map(({ accountId }) => accountId);
  return action.kind === 'wait' ? action.entries.map(({ account }) => account.id) : [];
}

/** Why the order breaks the reference's; undefined where it is one that the reference allows. */
function orderFault(ids: readonly string[], { units, kind }: ReferenceAnswer): string | undefined {
  const atMost = kind === 'claim' ? 8 : 64;
  const total = units.reduce((sum, unit) => sum + unit.ids.length, 0);
  if (ids.length !== Math.min(atMost, total)) return `${ids.length} places for ${total} accounts`;
  for (let position = 0, unitIndex = 0; position < ids.length; unitIndex += 1) {
    const expected = units[unitIndex]!;
    const actual = units.find((unit) => unit.ids[0] === ids[position]);
    if (actual === undefined) return `${ids[position]} is not the first of any unit that fits`;
    if (compareStandings(actual.standing, expected.standing) !== 0)
      return `${ids[position]} stands where ${expected.ids[0]} belongs`;
    for (const id of actual.ids.slice(0, ids.length - position))
      if (ids[position++] !== id) return `the keys of ${actual.ids[0]} are out of order`;
  }
  return undefined;
}

describe(`over ${runs} random pools, figures and requests`, () => {
  const seen = new Map<string, number>();

  test('selection answers as the rules read', () => {
    for (let seed = 0; seed < runs; seed += 1) {
      const world = randomWorld(seed);
      const decision = decideIn(world);
      const reference = referenceSelection(world.question);
      const { action } = decision;
      const bound = action.kind === 'wait' ? action.bound : reference.bound;
      expect(
        {
          seed,
          kind: action.kind,
          model: action.kind === 'reject' ? '' : action.step.model,
          bound,
          fault: action.kind === 'reject' ? undefined : orderFault(named(decision), reference),
          lost: decision.lost,
          dropBinding: decision.dropBinding,
          passedOver: decision.passedOver.map(({ accountId, model }) => `${accountId} ${model}`),
        },
        `seed ${seed}`,
      ).toEqual({
        seed,
        kind: reference.kind,
        model: reference.model,
        bound: reference.bound,
        fault: undefined,
        lost: reference.lost,
        dropBinding: reference.dropBinding,
        passedOver: referencePassedOver(world.question, named(decision)[0] ?? '', reference),
      });
      const kind = `${reference.kind}${reference.bound ? ' bound' : ''}${reference.model === world.question.model ? '' : ' fallback'}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
  });

  test('every kind of answer was among them', () => {
    for (const kind of ['claim', 'claim bound', 'claim fallback', 'wait', 'wait bound', 'reject fallback'])
      expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(50);
  });

  test('the same seed gives the same answer', () => {
    for (let seed = 0; seed < runs; seed += 10) {
      const once = decideIn(randomWorld(seed));
      const again = decideIn(randomWorld(seed));
      expect([again.action.kind, named(again), again.passedOver]).toEqual([
        once.action.kind,
        named(once),
        once.passedOver,
      ]);
    }
  });
});
