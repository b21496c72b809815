import { gateOf } from '../../src/failover/cooldown.ts';
import { type AccountPlan, modelsOf } from './accounts.ts';
import { type Cause, causes } from './outages.ts';
import type { Sidecar } from './sidecar.ts';
import { type Block, keyOf, type Upstreams } from './upstreams.ts';

/** What an hour came to under one policy. */
export interface Result {
  readonly policy: string;
  /** Requests of callers who did nothing wrong: each is served or fails. */
  readonly requests: number;
  readonly served: number;
  readonly failed: number;
  /** Requests that no account could have served. */
  readonly poisoned: number;
  /** Tries of those: one each would do. */
  readonly poisonedTries: number;
  /** Each try is served, wasted, or turned down for what is wrong with the request. */
  readonly tries: number;
  readonly turnedDown: number;
  /** Tries at accounts that could not serve, by what was the matter with them. */
  readonly wasted: Readonly<Record<Cause, number>>;
  /** Minutes in which accounts that could serve were kept from it; half an account where one of its two models was. */
  readonly benchedMinutes: number;
  /** Seconds from an account's true recovery to the first request it served, of those whose outage a request had met; sorted. */
  readonly recoveryS: readonly number[];
  /** Accounts that recovered and were given nothing to serve until the end. */
  readonly neverBack: number;
}

/** Counts what happens in one run. */
export class Tally {
  requests = 0;
  served = 0;
  failed = 0;
  poisoned = 0;
  poisonedTries = 0;
  tries = 0;
  turnedDown = 0;
  readonly wasted = Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<Cause, number>;
  #benchedSeconds = 0;
  readonly #startMs: number;
  readonly #wastedAt = new Map<string, number[]>();
  readonly #servedAt = new Map<string, number[]>();

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** A request was sent to an account that could not serve it. */
  waste(accountId: string, model: string, cause: Cause, atMs: number): void {
    this.wasted[cause] += 1;
    note(this.#wastedAt, keyOf(accountId, model), atMs - this.#startMs);
  }

  /** A request was sent to an account that serves it. */
  serve(accountId: string, model: string, atMs: number): void {
    note(this.#servedAt, keyOf(accountId, model), atMs - this.#startMs);
  }

  /** Looks, once a second, which accounts that could serve are closed by a cooldown or a probe that is out. */
  look(
    accounts: readonly AccountPlan[],
    upstreams: Upstreams,
    { state, probeTimeoutMs }: Sidecar,
    nowMs: number,
  ): void {
    for (const { id, platform } of accounts) {
      const figures = state.figures(id);
      const closed = isShut(gateOf(figures.cooldown, nowMs, probeTimeoutMs));
      for (const model of modelsOf(platform))
        if (closed || isShut(gateOf(figures.modelCooldown(model), nowMs, probeTimeoutMs)))
          if (upstreams.outageAt(id, model, nowMs - this.#startMs) === undefined)
            this.#benchedSeconds += 1 / modelsOf(platform).length;
    }
  }

  result(policy: string, blocks: readonly Block[], lengthMs: number): Result {
    const delays = blocks
      .filter(({ endMs }) => endMs < lengthMs)
      .filter((block) => this.#wasMet(block))
      .map((block) => this.#delayMs(block, nextBlockMs(blocks, block)));
    const { requests, served, failed, poisoned, poisonedTries, tries, turnedDown, wasted } = this;
    return {
      policy,
      requests,
      served,
      failed,
      poisoned,
      poisonedTries,
      tries,
      turnedDown,
      wasted,
      benchedMinutes: this.#benchedSeconds / 60,
      recoveryS: delays
        .filter((delay) => typeof delay === 'number')
        .map((delay) => delay / 1000)
        .sort((a, b) => a - b),
      neverBack: delays.filter((delay) => delay === 'never').length,
    };
  }

  #wasMet({ accountId, model, startMs, endMs }: Block): boolean {
    return (this.#wastedAt.get(keyOf(accountId, model)) ?? []).some(
      (atMs) => startMs <= atMs && atMs < endMs,
    );
  }

  /** `again`: the account was out again before it got anything to serve, which says nothing of a delay. */
  #delayMs({ accountId, model, endMs }: Block, nextMs: number): number | 'again' | 'never' {
    const first = (this.#servedAt.get(keyOf(accountId, model)) ?? []).find((atMs) => atMs >= endMs);
    if (first !== undefined && first < nextMs) return first - endMs;
    return nextMs < Number.POSITIVE_INFINITY ? 'again' : 'never';
  }
}

function isShut(gate: ReturnType<typeof gateOf>): boolean {
  return gate === 'cooling' || gate === 'probing';
}

function note(times: Map<string, number[]>, key: string, atMs: number): void {
  const known = times.get(key);
  if (known === undefined) times.set(key, [atMs]);
  else known.push(atMs);
}

function nextBlockMs(blocks: readonly Block[], { accountId, model, endMs }: Block): number {
  const later = blocks.filter(
    (other) => other.accountId === accountId && other.model === model && other.startMs >= endMs,
  );
  return Math.min(Number.POSITIVE_INFINITY, ...later.map(({ startMs }) => startMs));
}
