import { expect, test } from 'vitest';
import { buildCatalog } from '../../src/catalog/build.ts';
import type { Explanation, SelectOutcome, SelectRequest } from '../../src/routing/api.ts';
import { settled } from '../support/manual-clock.ts';
import { createRoutingRig, patientCall, type RoutingRig, selectRequest } from '../support/routing-rig.ts';
import { parsed } from '../unit/config/parsed.ts';
import { type Draws, drawsOf } from './random.ts';
import { randomCatalog } from './random-catalog.ts';

const worlds = 100;
const stepsEach = 40;
const { settings } = parsed('accounts: [{id: a, platform: anthropic}]');

/** What the leases of a world came to. */
interface Progress {
  readonly held: string[];
  /** Leases that were reported as failures. */
  readonly failed: string[];
}

function randomRig(draws: Draws): RoutingRig {
  const scheduling = {
    ...settings.scheduling,
    tierFallback: draws.chance(0.5),
    fallbackSelection: draws.pick(['least_recently_used', 'random'] as const),
    fallbackMaxWaiting: draws.pick([0, 100]),
  };
  const rig = createRoutingRig({
    catalog: buildCatalog(randomCatalog(draws), { version: 1 }),
    settings: { ...settings, scheduling },
    seed: draws.below(2 ** 31),
  });
  for (let index = 0; index < 9; index += 1) {
    if (draws.chance(0.3)) rig.ledger.costs.set(`a${index}`, draws.pick([9, 10, 14, 15]));
    if (draws.chance(0.3))
      rig.ledger.uses.set(`a${index}`, { dailyUsd: draws.pick([2, 3]), weeklyUsd: 3, totalUsd: 3 });
  }
  return rig;
}

function randomRequest(draws: Draws, rig: RoutingRig, { failed }: Progress): SelectRequest {
  const ids = [...rig.catalog.accounts.keys()];
  const groupId = draws.pick(['g', 'g', 'g', '']);
  return selectRequest({
    groupId,
    model: draws.pick(['m', 'm', 'n', '']),
    platform: draws.pick(['', '', '', 'openai', 'anthropic']),
    sessionId: draws.pick(['', 's1', 's2', 's3']),
    excludedAccountIds: draws.chance(0.15) ? ids.filter(() => draws.chance(0.4)) : [],
    stickyPolicy: draws.chance(0.1) ? 'REQUIRE' : 'PREFER',
    ...(draws.chance(0.1) && ids.length > 0 && { prefetchedSticky: { accountId: draws.pick(ids), groupId } }),
    ...(draws.chance(0.3) && failed.length > 0 && { failoverFrom: draws.pick(failed) }),
  });
}

/** What the world does beside selecting: requests end well or badly, operators act, time passes. */
async function live(draws: Draws, rig: RoutingRig, progress: Progress): Promise<void> {
  if (draws.chance(0.5) && progress.held.length > 0) {
    const [leaseId = ''] = progress.held.splice(draws.below(progress.held.length), 1);
    const httpStatus = draws.pick([401, 402, 429, 429, 500, 529]);
    const failure = {
      httpStatus,
      body: '',
      transportError: 'NONE',
      message: '',
      headers: new Map(),
    } as const;
    const fails = draws.chance(0.4);
    await rig.routing.router.report(
      {
        leaseId,
        outcome: fails ? { kind: 'failure', failure } : { kind: draws.pick(['success', 'cancelled']) },
        usage: {
          inputTokens: 1,
          outputTokens: 1,
          cacheReadTokens: 0,
          cacheCreationTokens: 0,
          standardCostUsd: draws.pick([0, 1, 4]),
        },
        responseHeaders: new Map(),
        timeToFirstTokenMs: 0,
        durationMs: 1,
        selectNext: false,
      },
      patientCall,
    );
    if (fails) progress.failed.push(leaseId);
  }
  const ids = [...rig.catalog.accounts.keys()];
  if (draws.chance(0.05) && ids.length > 0)
    rig.state.setOverride(draws.pick(ids), { schedulable: draws.chance(0.7), reason: '' });
  if (draws.chance(0.3)) rig.clock.advance(draws.pick([1, 1_000, 11_000, 61_000, 400_000]));
}

/** What an explanation promises of the selection that follows it, in the words of the selection's own answer. */
function promised({ wouldSelect, failure, accounts }: Explanation) {
  return {
    selected: wouldSelect,
    first: accounts.find(({ rank }) => rank === 1)?.accountId ?? '',
    fails: failure !== undefined,
  };
}

function kept(explained: Explanation, outcome: SelectOutcome) {
  const selected = outcome.kind === 'selection' ? outcome.selection.account.id : '';
  return {
    selected,
    // Nobody selected: who could serve others is still ranked where the session waits for its own account.
    first: selected === '' ? promised(explained).first : selected,
    fails: selected === '',
  };
}

test(`what is explained is what is then selected, ${worlds * stepsEach} times`, async () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < worlds; seed += 1) {
    const draws = drawsOf(seed);
    const rig = randomRig(draws);
    const progress: Progress = { held: [], failed: [] };
    try {
      for (let step = 0; step < stepsEach; step += 1) {
        const request = randomRequest(draws, rig, progress);
        const answer = await rig.routing.admin.explain(request);
        const outcome = await rig.routing.router.select(request, patientCall);
        const where = `seed ${seed}, step ${step}, ${JSON.stringify(request)}`;
        if (answer.kind === 'refused') {
          expect(outcome, where).toEqual(answer);
        } else {
          expect(promised(answer.value), where).toEqual(kept(answer.value, outcome));
          if (outcome.kind === 'refused')
            expect(answer.value.failure, where).toEqual(outcome.refusal.failure);
        }
        const kind = outcome.kind === 'selection' ? outcome.selection.sticky : outcome.kind;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        if (outcome.kind === 'selection') progress.held.push(outcome.selection.lease.id);
        await live(draws, rig, progress);
        if (draws.chance(0.1)) {
          const patient = { ...randomRequest(draws, rig, progress), maxWaitMs: 60_000 };
          void Promise.resolve(rig.routing.router.select(patient, patientCall)).then((late) => {
            if (late.kind === 'selection') progress.held.push(late.selection.lease.id);
          });
        }
        // Whoever was waiting and can go on does so before the next question.
        await settled();
      }
    } finally {
      rig.routing.close();
    }
  }
  for (const kind of ['NONE', 'BOUND', 'KEPT', 'MOVED', 'wait_plan', 'refused'])
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(30);
});
