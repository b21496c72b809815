import type { UpstreamFailure } from '../../src/failover/failure.ts';
import type { Hour, RequestPlan } from './hour.ts';
import type { Cause, Outage } from './outages.ts';

/** What a request meets at an account: served, or what came back and after how long. */
export type Meeting =
  | { readonly kind: 'served'; readonly afterMs: number }
  | { readonly kind: 'poisoned'; readonly afterMs: number; readonly failure: UpstreamFailure }
  | {
      readonly kind: 'wasted';
      readonly afterMs: number;
      readonly failure: UpstreamFailure;
      readonly cause: Cause;
    };

/** A time without a break in which an account can't serve a model. */
export interface Block {
  readonly accountId: string;
  readonly model: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** The upstreams as they truly are, which no policy sees but by what they answer. */
export class Upstreams {
  readonly #outages = new Map<string, Outage[]>();

  constructor({ outages }: Hour) {
    for (const outage of outages) {
      const key = keyOf(outage.accountId, outage.model);
      const known = this.#outages.get(key);
      if (known === undefined) this.#outages.set(key, [outage]);
      else known.push(outage);
    }
    for (const list of this.#outages.values()) list.sort((a, b) => a.startMs - b.startMs);
  }

  /** What keeps the account from serving the model then; undefined where nothing does. */
  outageAt(accountId: string, model: string, atMs: number): Outage | undefined {
    return this.#outages
      .get(keyOf(accountId, model))
      ?.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
  }

  meet(request: RequestPlan, accountId: string, model: string, atMs: number): Meeting {
    const outage = this.outageAt(accountId, model, atMs);
    // An answer to a request is as fast or slow whoever sends it: the index stands for chance.
    const quickMs = 80 + ((request.index * 37) % 320);
    if (outage !== undefined) {
      const { cause } = outage;
      const failure = failureBy[cause](Math.max(1, Math.ceil((outage.endMs - atMs) / 1000)), request.index);
      const afterMs = cause === 'hangs' ? 30_000 : cause === 'platform' ? 4 * quickMs : quickMs;
      return { kind: 'wasted', afterMs, failure, cause };
    }
    if (request.poison !== undefined)
      return { kind: 'poisoned', afterMs: quickMs, failure: poisonFailures[request.poison] };
    return { kind: 'served', afterMs: request.durationMs };
  }

  /** Every time without a break in which an account could not serve a model, outages that touch made one. */
  blocks(): readonly Block[] {
    return [...this.#outages.values()].flatMap((outages) => {
      const merged: Block[] = [];
      for (const { accountId, model, startMs, endMs } of outages) {
        const last = merged.at(-1);
        if (last !== undefined && startMs <= last.endMs)
          merged[merged.length - 1] = { ...last, endMs: Math.max(last.endMs, endMs) };
        else merged.push({ accountId, model, startMs, endMs });
      }
      return merged;
    });
  }
}

export function keyOf(accountId: string, model: string): string {
  return `${accountId} ${model}`;
}

function answer(
  httpStatus: number,
  error: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): UpstreamFailure {
  return {
    httpStatus,
    body: JSON.stringify({ type: 'error', error }),
    transportError: 'NONE',
    message: '',
    headers: new Map(Object.entries(headers)),
  };
}

const limited = { type: 'rate_limit_error', message: 'Number of requests has exceeded your rate limit' };

/** What comes back, given the seconds until the account can serve again. */
const failureBy: Readonly<Record<Cause, (secondsLeft: number, index: number) => UpstreamFailure>> = {
  'limited, told when': (secondsLeft) => answer(429, limited, { 'retry-after': `${secondsLeft}` }),
  'limited, not told': () => answer(429, limited),
  overloaded: () => answer(529, { type: 'overloaded_error', message: 'Overloaded' }),
  hangs: () => ({
    httpStatus: 0,
    body: '',
    transportError: 'TIMEOUT',
    message: 'context deadline exceeded',
    headers: new Map(),
  }),
  spent: (secondsLeft) =>
    answer(429, {
      type: 'usage_limit_reached',
      message: 'The usage limit has been reached',
      resets_in_seconds: secondsLeft,
    }),
  platform: (_, index) =>
    answer(500, { type: 'api_error', message: 'Internal server error', request_id: `req_${index}` }),
};

const poisonFailures = {
  format: answer(400, {
    type: 'invalid_request_error',
    message: 'messages.1.content: String should match pattern',
  }),
  context: answer(400, {
    type: 'invalid_request_error',
    message: 'prompt is too long: 208310 tokens > 200000 maximum',
  }),
} as const;
