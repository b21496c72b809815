import type { Refusal } from '../routing/api.ts';

/** Stands in a request's or an answer's place where a call is refused, and carries the reason through the layers. */
export class Refused {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

/** Refuses a call for one of its fields. `fault` names the field and the fix: `group_id: 300 bytes, at most 256`. */
export function invalid(fault: string): Refused {
  return new Refused({ kind: 'invalid', message: fault });
}

/** The answer to a caller that has gone away: it will not be read, but it is counted. */
export const cancelled = new Refused({ kind: 'cancelled', message: 'the call was cancelled' });

/** The answer to calls that come while the sidecar drains. */
export const draining = new Refused({ kind: 'unavailable', message: 'the sidecar is shutting down' });
