import { type Awaitable, andThen } from '../ports/awaitable.ts';
import type { Chain } from '../ports/state-store.ts';
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

  run(request: SelectRequest, call: Call): Awaitable<SelectOutcome> {
    if (request.includeCredential && !this.#deps.settings.exposeCredentials) return credentialsWithheld;
    if (request.failoverFrom === '') return this.#start(request, call, undefined);
    return andThen(resumeChain(request.failoverFrom, this.#deps), (resumed) =>
      resumed.kind === 'refused' ? resumed : this.#start(request, call, resumed.chain),
    );
  }

  #start(request: SelectRequest, call: Call, chain: Chain | undefined): Awaitable<SelectOutcome> {
    const { catalog, userRates } = this.#deps;
    const origin = chain?.request ?? originOf(request);
    const { userId, groupId } = origin;
    const group = catalog.current().groups.get(groupId);
    if (groupId !== '' && group === undefined) return { kind: 'refused', refusal: unknownGroup(groupId) };

    // Begun before the claim, so that the two overlap where the rate is not cached.
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
    return this.#serve(attempt, rate);
  }

  #serve(attempt: Attempt, rate: Awaitable<number>): Awaitable<SelectOutcome> {
    return andThen(this.#obtain(attempt), (step) => {
      if (step.kind !== 'granted') return step;
      return andThen(this.#answer(attempt, step, rate), (outcome) => outcome ?? this.#serve(attempt, rate));
    });
  }

  /** A lease, as soon as one is to be had within the time the caller has. */
  #obtain(attempt: Attempt): Awaitable<Exclude<Step, WaitStep> | WaitPlanned> {
    return andThen(this.#claims.tryOnce(attempt, this.#queue.newcomer), (step) =>
      step.kind === 'wait' ? this.#lineUp(attempt, step) : step,
    );
  }

  async #lineUp(attempt: Attempt, first: WaitStep): Promise<Exclude<Step, WaitStep> | WaitPlanned> {
    let step: Step = first;
    // Others may have taken the last place in line since it was found: then this caller may do better elsewhere.
    while (step.kind === 'wait' && hadRoom(step) && !this.#claims.hasRoom(step))
      step = await this.#claims.tryOnce(attempt, this.#queue.newcomer);
    if (step.kind !== 'wait') return step;
    if (!hadRoom(step)) return this.#claims.refuse(attempt, step.query);
    if (attempt.request.maxWaitMs === 0) return { kind: 'wait_plan', plan: step.plan };
    return this.#wait(attempt, step);
  }

  /** What the lease's caller is told; undefined where the lease's account has left the catalog since, and the lease with it. */
  #answer(attempt: Attempt, granted: Granted, rate: Awaitable<number>): Awaitable<Answered | undefined> {
    const { request, chain, call, requestKey } = attempt;
    const { lease } = granted;
    if (requestKey !== '') this.#shared.given(lease.id, call);
    const noted = chain && this.#deps.state.noteNext(request.failoverFrom, lease.id);
    return andThen(noted, () =>
      andThen(rate, (rateMultiplier) => this.#tell(attempt, granted, rateMultiplier)),
    );
  }

  #tell(
    { request, chain, call }: Attempt,
    { lease, replayed }: Granted,
    rateMultiplier: number,
  ): Awaitable<Answered | undefined> {
    const { catalog, state } = this.#deps;
    if (call.cancelled) {
      const givenUp = this.#shared.givenUp([lease.id]);
      return andThen(replayed ? undefined : this.#takeBack(givenUp), () => cancelled);
    }
    const selection = toSelection(lease, {
      catalog: catalog.current(),
      rateMultiplier,
      degraded: state.degraded,
      includeCredential: request.includeCredential,
    });
    if (selection === undefined) return andThen(this.#takeBack([lease.id]), () => undefined);
    if (!replayed && chain !== undefined) this.#countFailover(chain.attempts.at(-1)?.reason);
    return { kind: 'selection', selection, replayed };
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
  #takeBack(leaseIds: readonly string[]): Awaitable<void> {
    return this.#deps.state.abandon(leaseIds, this.#deps.clock.now());
  }

  #countFailover(
    reason: Parameters<RoutingDependencies['metrics']['results']['failovers']>[0] | undefined,
  ): void {
    if (reason !== undefined) this.#deps.metrics.results.failovers(reason);
  }
}

type Granted = Extract<Step, { kind: 'granted' }>;
type WaitPlanned = Extract<SelectOutcome, { kind: 'wait_plan' }>;
type Answered = Exclude<SelectOutcome, WaitPlanned>;

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
