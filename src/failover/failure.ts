/** Why an upstream request failed. Closed set, strongest wording first: the order in which words are tried (SPEC 4.2). */
export const failoverReasons = [
  'CANCELLED',
  'BILLING',
  'AUTH',
  'CONTEXT_OVERFLOW',
  'MODEL_NOT_FOUND',
  'FORMAT',
  'OVERLOADED',
  'RATE_LIMIT',
  'TIMEOUT',
  'NETWORK',
  'SERVER_ERROR',
  'UNKNOWN',
] as const;

export type FailoverReason = (typeof failoverReasons)[number];

/** What a failed attempt looked like from the caller's side. Nothing in it is trusted: a body may hold anything. */
export interface UpstreamFailure {
  /** HTTP status of the answer; 0 where none came. */
  readonly httpStatus: number;
  /** At most 16 KiB of the answer's body: JSON, HTML, cut off, or empty. */
  readonly body: string;
  readonly transportError: 'NONE' | 'TIMEOUT' | 'NETWORK';
  /** The caller's own words, often its error's text. */
  readonly message: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What remora makes of a failure. */
export interface Classification {
  readonly reason: FailoverReason;
  /** Whether another account is worth a try; false means the caller's own fault (or nobody's): no account is cooled. */
  readonly failover: boolean;
  /** The rule that decided, for the log: `code insufficient_quota`, `words "too many requests"`, `status 503`. */
  readonly evidence: string;
}

/** What a cooldown keeps away: every model of the account, or one. */
export type CooldownScope = 'ACCOUNT' | 'ACCOUNT_MODEL';

/** When the upstream itself says it can serve again. */
export interface UpstreamHint {
  /** Milliseconds since the epoch, already clamped to [now + 1 s, now + 8 d]. */
  readonly untilMs: number;
  readonly scope: CooldownScope;
  /** Where it was read, for the log: `header retry-after`, `anthropic-ratelimit-unified-5h-reset`. */
  readonly evidence: string;
}

/** An account's current usage window as its provider states it, milliseconds since the epoch. */
export interface UpstreamWindow {
  readonly startMs: number;
  readonly endMs: number;
}
