import type { Call, SelectOutcome, SelectRequest } from './api.ts';
import type { Attempt } from './attempt.ts';
import { resumeChain } from './chain.ts';
import type { Claims, Step, WaitStep } from './claims.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { unknownGroup } from './refusals.ts';
import { originOf, prefetchedOf, requestKeyOf } from './select-request.ts';
import { toSelection } from './selection-answer.ts';
import type { SharedLeases } from './shared-leases.ts';
import type { WaitQueue } from './wait-queue.ts';

export interface SelectAccountOptions {
  readonly deps: RoutingDependencies;
  readonly claims: Claims;
  readonly queue: WaitQueue;
  readonly shared: SharedLeases;
}

/** Selects an account for one request: decides and claims, and waits where it must and may. */
export class SelectAccount {
  readonly #deps: RoutingDependencies;
  readonly #claims: Claims;
  readonly #queue: WaitQueue;
  readonly #shared: SharedLeases;

  constructor({ deps, claims, queue, shared }: SelectAccountOptions) {
    this.#deps = deps;
    this.#claims = claims;
    this.#queue = queue;
    this.#shared = shared;
  }

  async run(request: SelectRequest, call: Call): Promise<SelectOutcome> {
    const { catalog, settings, userRates } = this.#deps;
    if (request.includeCredential && !settings.exposeCredentials) return credentialsWithheld;
    const resumed =
      request.failoverFrom === '' ? undefined : await resumeChain(request.failoverFrom, this.#deps);
    if (resumed?.kind === 'refused') return resumed;
    const chain = resumed?.chain;
    const origin = chain?.request ?? originOf(request);
    const group = catalog.current().groups.get(origin.groupId);
    if (origin.groupId !== '' && group === undefined)
      return { kind: 'refused', refusal: unknownGroup(origin.groupId) };

    // Begun before the claim, so that the two overlap where the rate is not cached.
    const { userId, groupId } = origin;
    const rate = userRates.rateOf({ userId, groupId, groupRate: group?.rateMultiplier ?? 1 });
    const attempt: Attempt = {
      request,
      origin,
      chain,
      requestKey: requestKeyOf(request),
      call,
      prefetched: prefetchedOf(request, origin),
      corrected: undefined,
      lost: undefined,
      stickyCounted: false,
    };
    for (;;) {
      const step = await this.#obtain(attempt);
      if (step.kind !== 'granted') return step;
      const outcome = await this.#answer(attempt, step, rate);
      if (outcome !== undefined) return outcome;
    }
  }

  /** A lease, as soon as one is to be had within the time the caller has. */
  async #obtain(
    attempt: Attempt,
  ): Promise<Exclude<Step, WaitStep> | Extract<SelectOutcome, { kind: 'wait_plan' }>> {
    const { newcomer } = this.#queue;
    let step = await this.#claims.tryOnce(attempt, newcomer);
    // Others may have taken the last place in line since it was found: then this caller may do better elsewhere.
    while (step.kind === 'wait' && hadRoom(step) && !this.#claims.hasRoom(step))
      step = await this.#claims.tryOnce(attempt, newcomer);
    if (step.kind !== 'wait') return step;
    if (!hadRoom(step)) return this.#claims.refuse(attempt, step.query);
    if (attempt.request.maxWaitMs === 0) return { kind: 'wait_plan', plan: step.plan };
    return this.#wait(attempt, step);
  }

  /** What the lease's caller is told; undefined where the lease's account has left the catalog since, and the lease with it. */
  async #answer(attempt: Attempt, { lease, replayed }: Granted, rate: number | Promise<number>) {
    const { catalog, state } = this.#deps;
    const { request, chain, call, requestKey } = attempt;
    if (requestKey !== '') this.#shared.given(lease.id, call);
    if (chain !== undefined) await state.noteNext(request.failoverFrom, lease.id);
    const rateMultiplier = typeof rate === 'number' ? rate : await rate;
    if (call.cancelled) {
      const givenUp = this.#shared.givenUp([lease.id]);
      if (!replayed) await this.#takeBack(givenUp);
      return cancelled;
    }
    const selection = toSelection(lease, {
      catalog: catalog.current(),
      rateMultiplier,
      degraded: state.degraded,
      includeCredential: request.includeCredential,
    });
    if (selection === undefined) {
      await this.#takeBack([lease.id]);
      return undefined;
    }
    if (!replayed && chain !== undefined) this.#countFailover(chain.attempts.at(-1)?.reason);
    return { kind: 'selection', selection, replayed } as const;
  }

  /** Stands in line until a claim succeeds, can't succeed any more, or time is out. */
  async #wait(attempt: Attempt, first: WaitStep): Promise<Exclude<Step, WaitStep>> {
    const { clock, metrics } = this.#deps;
    const { call, request, requestKey } = attempt;
    const beganMs = clock.now();
    const untilMs = beganMs + Math.min(request.maxWaitMs, first.plan.timeoutMs);
    const place = this.#queue.enter({ spot: first.spot, untilMs, call, requestKey });
    let step: Step = first;
    try {
      while (step.kind === 'wait') {
        place.move(step.spot);
        const turn = await place.turn(this.#claims.nextOpeningMs(step.query));
        if (turn === 'cancelled') return cancelled;
        if (turn === 'closing') return shuttingDown;
        if (turn === 'timeout') return this.#claims.refuse(attempt, step.query);
        step = await this.#claims.tryOnce(attempt, place.view);
      }
      return step;
    } finally {
      place.leave();
      metrics.selection.observeWait((clock.now() - beganMs) / 1000);
    }
  }

  /** Frees leases that no caller learns of: nobody would report them. */
  async #takeBack(leaseIds: readonly string[]): Promise<void> {
    await this.#deps.state.abandon(leaseIds, this.#deps.clock.now());
  }

  #countFailover(
    reason: Parameters<RoutingDependencies['metrics']['results']['failovers']>[0] | undefined,
  ): void {
    if (reason !== undefined) this.#deps.metrics.results.failovers(reason);
  }
}

type Granted = Extract<Step, { kind: 'granted' }>;

function hadRoom({ plan }: WaitStep): boolean {
  return plan.waiting < plan.maxWaiting;
}

const cancelled = {
  kind: 'refused',
  refusal: { kind: 'cancelled', message: 'the caller went away' },
} as const;

const shuttingDown = {
  kind: 'refused',
  refusal: { kind: 'unavailable', message: 'this sidecar is shutting down' },
} as const;

const credentialsWithheld = {
  kind: 'refused',
  refusal: {
    kind: 'permission',
    message: 'include_credential: this sidecar gives no credentials out (credentials.expose is false)',
  },
} as const;
