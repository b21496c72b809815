import type { Awaitable } from '../ports/awaitable.ts';
import { StateUnavailableError } from '../ports/state-unavailable.ts';
import type { Refusal } from './api.ts';

const refusal: Refusal = {
  kind: 'unavailable',
  message:
    'the shared state can not be reached, and this sidecar is set not to go on without it (state.on_outage: deny)',
};

/** What `run` comes to, or, where the shared state can't be asked, the refusal that says so. Any other fault stays one. */
export function orUnavailable<Outcome>(run: () => Promise<Outcome>): Promise<Outcome | Unavailable>;
export function orUnavailable<Outcome>(run: () => Awaitable<Outcome>): Awaitable<Outcome | Unavailable>;
export function orUnavailable<Outcome>(run: () => Awaitable<Outcome>): Awaitable<Outcome | Unavailable> {
  try {
    const outcome = run();
    return outcome instanceof Promise ? outcome.catch(refused) : outcome;
  } catch (error) {
    return refused(error);
  }
}

interface Unavailable {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

function refused(error: unknown): Unavailable {
  if (error instanceof StateUnavailableError) return { kind: 'refused', refusal };
  throw error;
}
