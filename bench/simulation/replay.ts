import type { Call, Selection } from '../../src/routing/api.ts';
import { anySelection } from '../../src/routing/select-request.ts';
import { configOf } from './accounts.ts';
import type { Hour, RequestPlan } from './hour.ts';
import type { Policy } from './policies.ts';
import { openSidecar, type Sidecar } from './sidecar.ts';
import { SimulatedTime } from './simulated-time.ts';
import { type Result, Tally } from './tally.ts';
import { type Meeting, Upstreams } from './upstreams.ts';

/** A Monday's noon; any moment would do. */
const startMs = Date.UTC(2026, 0, 5, 12);
/** A caller gives up after so many tries, whatever the policy, */
const triesMax = 4;
/** and waits so long for a slot, in milliseconds. */
const maxWaitMs = 30_000;
/** Requests of the last moment may take so long to end. */
const afterwardsMs = 15 * 60_000;

/** Lives through the hour under a policy. The same hour gives the same result. */
export async function replay(hour: Hour, policy: Policy, seed: number): Promise<Result> {
  const time = new SimulatedTime(startMs);
  const sidecar = openSidecar({ config: configOf(hour.accounts), policy, clock: time, seed });
  const upstreams = new Upstreams(hour);
  const tally = new Tally(startMs);
  const callers = new Callers({ time, sidecar, upstreams, tally });
  for (const request of hour.requests) time.at(startMs + request.atMs, () => callers.begin(request));
  for (let atMs = 0; atMs < hour.lengthMs; atMs += 1000)
    time.at(startMs + atMs, () => tally.look(hour.accounts, upstreams, sidecar, time.now()));
  await time.runUntil(startMs + hour.lengthMs + afterwardsMs);
  sidecar.routing.close();
  if (sidecar.state.leasesActive() > 0) throw new Error('a request never ended');
  return tally.result(policy.name, upstreams.blocks(), hour.lengthMs);
}

interface CallersOptions {
  readonly time: SimulatedTime;
  readonly sidecar: Sidecar;
  readonly upstreams: Upstreams;
  readonly tally: Tally;
}

/** Backends that ask for an account, send their request there, report, and go on to the next account where they are given one. */
class Callers {
  readonly #options: CallersOptions;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  async begin(request: RequestPlan): Promise<void> {
    const { tally } = this.#options;
    if (request.poison === undefined) tally.requests += 1;
    else tally.poisoned += 1;
    await this.#select(request, '', 0);
  }

  /** `failoverFrom`: the lease of the attempt that failed; empty: none yet. `tries`: how many were made. */
  async #select(request: RequestPlan, failoverFrom: string, tries: number): Promise<void> {
    const { platform, model, sessionId } = request;
    const asked = { ...anySelection, platform, model, sessionId, failoverFrom, maxWaitMs };
    const outcome = await this.#options.sidecar.routing.router.select(asked, nobodyLeaves);
    if (outcome.kind === 'selection') this.#send(request, tries, outcome.selection);
    else this.#giveUp(request);
  }

  #send(request: RequestPlan, triesBefore: number, { account, upstreamModel, lease }: Selection): void {
    const { time, upstreams, tally } = this.#options;
    const nowMs = time.now();
    const meeting = upstreams.meet(request, account.id, upstreamModel, nowMs - startMs);
    tally.tries += 1;
    if (request.poison !== undefined) tally.poisonedTries += 1;
    if (meeting.kind === 'poisoned') tally.turnedDown += 1;
    if (meeting.kind === 'wasted') tally.waste(account.id, upstreamModel, meeting.cause, nowMs);
    if (meeting.kind === 'served') tally.serve(account.id, upstreamModel, nowMs);
    time.schedule(meeting.afterMs, () => this.#report(request, triesBefore + 1, lease.id, meeting));
  }

  async #report(request: RequestPlan, tries: number, leaseId: string, meeting: Meeting): Promise<void> {
    const served = meeting.kind === 'served';
    const outcome = await this.#options.sidecar.routing.router.report(
      {
        leaseId,
        outcome: served ? { kind: 'success' } : { kind: 'failure', failure: meeting.failure },
        responseHeaders: served ? noHeaders : meeting.failure.headers,
        timeToFirstTokenMs: 0,
        durationMs: meeting.afterMs,
        selectNext: tries < triesMax,
      },
      nobodyLeaves,
    );
    if (outcome.kind === 'refused') throw new Error(outcome.refusal.message);
    const { next } = outcome.answer;
    if (served) this.#options.tally.served += 1;
    else if (next?.kind === 'selection') this.#send(request, tries, next.selection);
    else if (next?.kind === 'wait_plan') await this.#select(request, leaseId, tries);
    else this.#giveUp(request);
  }

  #giveUp({ poison }: RequestPlan): void {
    if (poison === undefined) this.#options.tally.failed += 1;
  }
}

const noHeaders: ReadonlyMap<string, string> = new Map();

const nobodyLeaves: Call = { cancelled: false, onCancel: () => () => undefined };
