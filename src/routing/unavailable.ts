import { StateUnavailableError } from '../ports/state-unavailable.ts';
import type { Refusal } from './api.ts';

const refusal: Refusal = {
  kind: 'unavailable',
  message:
    'the shared state can not be reached, and this sidecar is set not to go on without it (state.on_outage: deny)',
};

/** The outcome, or, where the shared state can't be asked, the refusal that says so. Any other fault stays one. */
export async function orUnavailable<Outcome>(
  outcome: Promise<Outcome>,
): Promise<Outcome | { readonly kind: 'refused'; readonly refusal: Refusal }> {
  try {
    return await outcome;
  } catch (error) {
    if (error instanceof StateUnavailableError) return { kind: 'refused', refusal };
    throw error;
  }
}
