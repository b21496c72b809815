import { expect, test } from 'vitest';
import { buildCatalog } from '../../src/catalog/build.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { CatalogDeclaration } from '../../src/catalog/declaration.ts';
import { PoolEntries } from '../../src/routing/pool-entries.ts';
import { Looked, nothingRead, type ReadFigures, type SelectionContext } from '../../src/selection/context.ts';
import { type Plan, type PlanRequest, planSelection } from '../../src/selection/plan.ts';
import { QuickPlanner } from '../../src/selection/quick-plan.ts';
import type { RankedPool } from '../../src/selection/ranked-pool.ts';
import { Ranking } from '../../src/selection/ranking.ts';
import { parsed } from '../unit/config/parsed.ts';
import { type Draws, drawsOf } from './random.ts';
import { randomCatalog } from './random-catalog.ts';
import { RandomLife, timings } from './random-life.ts';

const worlds = 2_800;
const comparisonsEach = 100;
const { settings: defaults } = parsed('accounts: [{id: a, platform: anthropic}]');

/** A pool with what answers from its ranking beside it. */
interface Subject {
  readonly pool: RankedPool;
  readonly ranking: Ranking;
  readonly planner: QuickPlanner;
  readonly model: string;
}

/** A family takes part in much that only asking the whole pool can tell. */
function withoutFamilies(declaration: CatalogDeclaration): CatalogDeclaration {
  return {
    ...declaration,
    accounts: declaration.accounts.map((account) => ({ ...account, credentials: [] })),
  };
}

function subjectsOf(catalog: Catalog, life: RandomLife, draws: Draws): readonly Subject[] {
  const scheduling = {
    ...defaults.scheduling,
    tierFallback: draws.chance(0.5),
    fallbackSelection: draws.pick(['least_recently_used', 'least_recently_used', 'random'] as const),
  };
  const settings = { ...defaults, scheduling, cooldown: { ...defaults.cooldown, ...timings } };
  const random = () => draws.next();
  const pools = new PoolEntries({ state: life.state, settings, random });
  const queries = [
    { groupId: 'g', platform: 'anthropic', platformForced: false, model: 'm' },
    {
      groupId: 'g',
      platform: draws.pick(['openai', 'gemini']),
      platformForced: false,
      model: draws.pick(['n', '']),
    },
  ];
  return queries.map((query) => {
    const pool = pools.of(catalog, query);
    const { entries, rules } = pool;
    const positions = new Map(entries.map(({ account }, position) => [account.id, position]));
    const question = { model: query.model, probeTimeoutMs: timings.probeTimeoutMs };
    const ranking = new Ranking(
      { entries, rules, question, figuresLog: () => life.state.figuresLog, random },
      positions,
    );
    return { pool, ranking, planner: new QuickPlanner({ entries, rules, ranking }), model: query.model };
  });
}

function randomRequest(draws: Draws, { pool, model }: Subject, nowMs: number): () => PlanRequest {
  const ids = pool.entries.map(({ account }) => account.id);
  const some = (probability: number) => new Set(ids.filter(() => draws.chance(probability)));
  const excluded = draws.chance(0.15) ? some(0.3) : new Set<string>();
  const tried = draws.chance(0.15) ? some(0.2) : new Set<string>();
  const spokenFor = draws.chance(0.2) ? some(0.2) : new Set<string>();
  const common: Omit<SelectionContext, 'looked'> = {
    nowMs,
    platform: '',
    platformForced: false,
    model,
    excluded,
    tried,
    faultyPlatforms: draws.chance(0.03) ? ['anthropic'] : [],
    boundAccountId: draws.chance(0.25) ? draws.pick([...ids, 'nobody']) : '',
    sessionKey: draws.pick(['', '', 'g\0s', 'g\0t', 'g\0other']),
    probeTimeoutMs: timings.probeTimeoutMs,
    isSpokenFor: (accountId) => spokenFor.has(accountId),
    nobodyWaits: spokenFor.size === 0 && draws.chance(0.9),
    read: draws.chance(0.9) ? nothingRead : randomRead(draws, ids),
  };
  const limit = draws.pick([1, 2, 8]);
  return () => ({ context: { ...common, looked: new Looked() }, limit, waitLimit: 64 });
}

function randomRead(draws: Draws, ids: readonly string[]): ReadFigures {
  const windowCosts = new Map(ids.filter(() => draws.chance(0.5)).map((id) => [id, draws.pick([5, 12, 20])]));
  const use = { dailyUsd: draws.pick([0, 3]), weeklyUsd: 4, totalUsd: 10 };
  return { windowCosts, quotas: new Map(ids.filter(() => draws.chance(0.5)).map((id) => [id, use])) };
}

/** A plan and what was looked at for it, in words. */
function told({ claimable, waitable, passedOver }: Plan, { context: { looked } }: PlanRequest) {
  const ids = (entries: Plan['claimable']) => entries.map(({ account }) => account.id).join(' ');
  const accounts = (missing: Looked['quotasMissing']) => missing.map(({ id }) => id).join(' ');
  return {
    claimable: ids(claimable),
    waitable: ids(waitable),
    passedOver: ids(passedOver),
    windowCostsKnown: looked.windowCostsKnown,
    rpm: looked.rpm,
    missing: `${accounts(looked.windowCostsMissing)} ${accounts(looked.quotasMissing)}`,
  };
}

function planned(plan: (request: PlanRequest) => Plan | undefined, request: PlanRequest) {
  const found = plan(request);
  return found === undefined ? undefined : told(found, request);
}

test(`a ranked pool plans as asking the whole pool does, ${worlds * comparisonsEach} times`, {
  timeout: 60_000,
}, () => {
  const seen = { quick: 0, waitable: 0, passedOver: 0, costsKnown: 0, random: 0 };
  for (let seed = 0; seed < worlds; seed += 1) {
    const draws = drawsOf(seed);
    const catalog = buildCatalog(
      draws.chance(0.6) ? withoutFamilies(randomCatalog(draws)) : randomCatalog(draws),
      {
        version: 1,
      },
    );
    const ids = [...catalog.accounts.keys()];
    const life = new RandomLife(draws, ids);
    const subjects = subjectsOf(catalog, life, draws);
    const claims = subjects.flatMap(({ pool }) => pool.entries.map(({ claim }) => claim));
    for (let round = 0; round < comparisonsEach; round += 1) {
      for (let events = draws.pick([0, 1, 1, 1, 2, 5, 40]); events > 0; events -= 1) life.event(claims);
      if (draws.chance(0.9)) life.readMissing(ids);
      const subject = draws.pick([subjects[0]!, subjects[0]!, subjects[1]!]);
      const request = randomRequest(draws, subject, life.nowMs);
      const where = `seed ${seed}, round ${round}`;

      const { pool, ranking, planner } = subject;
      const expected = planned((each) => planSelection(pool.plainAt(life.nowMs), each), request());
      expect(
        planned((each) => pool.plan(each), request()),
        where,
      ).toEqual(expected);
      if (expected?.waitable !== '') seen.waitable += 1;

      // The same without what stands behind it where it can't tell.
      ranking.catchUp(life.nowMs);
      const { entries, rules } = pool;
      const quick = planned((each) => planner.plan(each), request());
      if (quick === undefined) continue;
      const plain = { entries, rules, ties: ranking.order.ties };
      const again = planned((each) => planSelection(plain, each), request());
      expect(quick, where).toEqual(again);
      seen.quick += 1;
      if (quick.passedOver !== '') seen.passedOver += 1;
      if (quick.windowCostsKnown > 0) seen.costsKnown += 1;
      if (!rules.leastRecentlyUsed) seen.random += 1;
    }
  }
  for (const [kind, times] of Object.entries(seen))
    expect(times, kind).toBeGreaterThan((worlds * comparisonsEach) / 50);
  expect(seen.quick).toBeGreaterThan(100_000);
});
