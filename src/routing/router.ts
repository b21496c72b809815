import type { Awaitable } from '../ports/awaitable.ts';
import { createAdmin } from './admin.ts';
import type { Admin, Router, SelectOutcome } from './api.ts';
import { Claims } from './claims.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { Explain } from './explain.ts';
import { listModels } from './list-models.ts';
import { PoolEntries } from './pool-entries.ts';
import { renewLease } from './renew-lease.ts';
import { ReportResult } from './report-result.ts';
import { SelectAccount } from './select-account.ts';
import { SharedLeases } from './shared-leases.ts';
import { orUnavailable } from './unavailable.ts';
import { WaitQueue } from './wait-queue.ts';

export interface Routing {
  readonly router: Router;
  readonly admin: Admin;
  /** Callers waiting for a slot. */
  waiting(): number;
  /** Ends every wait: those in line are told that the sidecar shuts down. */
  close(): void;
}

/** How often leases that nobody reported are looked for. A claim finds those in its way by itself. */
const expiryMs = 500;

/** Puts the use cases together. */
export function createRouting(deps: RoutingDependencies): Routing {
  const { state, clock, catalog, metrics } = deps;
  const queue = new WaitQueue({ clock, state });
  const pools = new PoolEntries({ state, settings: deps.settings, random: deps.random });
  const shared = new SharedLeases();
  const claims = new Claims(deps, pools);
  const select = counted(new SelectAccount({ deps, claims, queue, shared }), deps);
  const report = new ReportResult(deps, select);
  const stopCounting = state.onChange((change) => {
    if (change.kind === 'slot_freed' && change.expired) metrics.results.leasesExpired(1);
  });
  // A change of the catalog may open an account, or take away the one somebody waits for.
  const stopReviewing = catalog.onChange(() => queue.reviewAll());
  let stopExpiring = expireRegularly(deps);

  return {
    router: {
      select,
      report: (request, call) => report.run(request, call),
      renew: (request) => orUnavailable(() => renewLease(request, deps)),
      listModels: (request) => orUnavailable(() => listModels(request, deps, pools)),
      abandon: async (leaseIds) => state.abandon(shared.givenUp(leaseIds), clock.now()),
    },
    admin: createAdmin(deps, new Explain(deps, pools, queue)),
    waiting: () => queue.size,
    close() {
      stopExpiring();
      stopExpiring = () => undefined;
      stopCounting();
      stopReviewing();
      queue.close();
    },
  };
}

/** Selections with their outcome and time counted, whether asked for by themselves or by a report. */
function counted(select: SelectAccount, deps: RoutingDependencies): Router['select'] {
  const count = (outcome: SelectOutcome | undefined, began: number): void => {
    deps.metrics.selection.observeDuration((performance.now() - began) / 1000);
    countSelection(deps, outcome);
  };
  return (request, call) => {
    const began = performance.now();
    const answered = (outcome: SelectOutcome): SelectOutcome => {
      count(outcome, began);
      return outcome;
    };
    const failed = (error: unknown): never => {
      count(undefined, began);
      throw error;
    };
    let outcome: Awaitable<SelectOutcome>;
    try {
      outcome = orUnavailable(() => select.run(request, call));
    } catch (error) {
      return failed(error);
    }
    return outcome instanceof Promise ? outcome.then(answered, failed) : answered(outcome);
  };
}

function expireRegularly({ state, clock, log }: RoutingDependencies): () => void {
  let running = false;
  const expire = async (): Promise<void> => {
    try {
      const ended = state.expire(clock.now());
      if (typeof ended === 'number') return;
      running = true;
      await ended;
    } catch (err) {
      log.warn({ err }, 'looking for expired leases failed; it is tried again');
    }
    running = false;
  };
  const tick = (): void => {
    timer = clock.schedule(expiryMs, tick);
    // A store that takes its time is not asked twice at once.
    if (!running) void expire();
  };
  let timer = clock.schedule(expiryMs, tick);
  return () => timer.cancel();
}

function countSelection({ metrics }: RoutingDependencies, outcome: SelectOutcome | undefined): void {
  const { selection } = metrics;
  if (outcome === undefined) selection.selections('error');
  else if (outcome.kind === 'refused') selection.selections(outcome.refusal.kind);
  else if (outcome.kind === 'wait_plan') selection.selections('wait_plan');
  else {
    const { sticky, account } = outcome.selection;
    selection.selections(outcome.replayed ? 'replayed' : 'selected', sticky, account.tier);
  }
}
