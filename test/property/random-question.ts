import { buildCatalog } from '../../src/catalog/build.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { CooldownRecord } from '../../src/failover/cooldown.ts';
import type { ChainAttempt } from '../../src/ports/state-store.ts';
import { cooldownUntil, PlainFigures } from '../support/plain-figures.ts';
import { attemptAt } from '../support/pool-rig.ts';
import { type Draws, drawsOf } from './random.ts';
import { randomCatalog, someTimeMs } from './random-catalog.ts';
import type { PlainQuestion } from './reference-selection.ts';

export interface World {
  readonly catalog: Catalog;
  readonly question: PlainQuestion;
  readonly salt: number;
}

/** A pool, its figures and a request, all decided by the seed. */
export function randomWorld(seed: number): World {
  const draws = drawsOf(seed);
  const declaration = randomCatalog(draws);
  const catalog = buildCatalog(declaration, { version: 1 });
  const accounts = [...catalog.accounts.values()].map((account) => ({
    account,
    declared: declaration.accounts.find(({ id }) => id === (account.family?.id ?? account.id))!,
    figures: randomFigures(draws),
  }));
  const ids = accounts.map(({ account }) => account.id);
  const some = (probability: number) => ids.filter(() => draws.chance(probability));
  const bound = draws.chance(0.4) ? draws.pick([...ids, ...ids, 'nobody']) : '';
  return {
    catalog,
    salt: draws.below(2 ** 31),
    question: {
      declaration,
      accounts,
      nowMs: someTimeMs,
      groupId: draws.pick(['g', 'g', 'g', 'g', '', 'h']),
      model: draws.pick(['m', 'm', 'm', 'n', '']),
      platform: draws.pick(['', '', '', '', 'anthropic', 'openai', 'antigravity']),
      sessionId: bound !== '' || draws.chance(0.3) ? 's' : '',
      boundTo: bound,
      requireSticky: draws.chance(0.1),
      excluded: draws.chance(0.2) ? some(0.4) : [],
      attempts: draws.chance(0.25) ? some(0.4).map((id) => randomAttempt(draws, id)) : [],
      faultyPlatforms: draws.chance(0.05) ? ['anthropic'] : [],
      spokenFor: draws.chance(0.1) ? some(0.3) : [],
      tierFallback: draws.chance(0.5),
      leastRecentlyUsed: draws.chance(0.8),
    },
  };
}

function randomAttempt(draws: Draws, accountId: string): ChainAttempt {
  return attemptAt(accountId, { model: draws.pick(['m', 'm', 'n']), skipped: draws.chance(0.2) });
}

function randomFigures(draws: Draws): PlainFigures {
  const figures = new PlainFigures();
  const thisHourMs = someTimeMs - 1_800_000;
  figures.inFlight = draws.below(4);
  figures.waiting = draws.pick([0, 0, 1, 3, 4]);
  figures.lastUsedAt = draws.pick([0, 0, 1, 2, 3]);
  if (draws.chance(0.15)) figures.cooldown = randomRecord(draws);
  if (draws.chance(0.25)) figures.byModel.set('m', randomRecord(draws));
  if (draws.chance(0.15)) figures.byModel.set('n', randomRecord(draws));
  if (draws.chance(0.1)) figures.override = { schedulable: draws.chance(0.5), reason: '' };
  if (draws.chance(0.2))
    figures.upstreamWindow = { startMs: someTimeMs - 500, endMs: someTimeMs + draws.pick([0, 1, 60_000]) };
  for (const startMs of [thisHourMs, someTimeMs - 500])
    if (draws.chance(0.8)) figures.costs.set(startMs, draws.pick([0, 9.99, 10, 14.99, 15, 40]));
  figures.requestsThisMinute = draws.pick([0, 3, 4, 5, 6, 9]);
  for (const key of ['g\0s', 'g\0other', 'g\0third', '\0s'])
    if (draws.chance(0.4)) figures.seenMs.set(key, someTimeMs - draws.pick([0, 59_999, 60_000]));
  if (draws.chance(0.8))
    figures.quota = {
      dailyUsd: draws.pick([0, 3, 4]),
      weeklyUsd: draws.pick([4, 9]),
      totalUsd: draws.pick([10, 20]),
    };
  return figures;
}

function randomRecord(draws: Draws): CooldownRecord {
  const untilMs = someTimeMs + draws.pick([-20_000, 0, 1, 60_000]);
  const sinceMs = someTimeMs - draws.pick([0, 9_999, 10_000]);
  return cooldownUntil(untilMs, {
    probeDue: draws.chance(0.6),
    ...(draws.chance(0.5) && { probe: { leaseId: 'x', sinceMs } }),
  });
}
