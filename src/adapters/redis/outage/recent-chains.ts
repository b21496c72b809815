import { LRUCache } from 'lru-cache';
import type { LeaseFate, SettleRequest, SettleResult } from '../../../ports/state-store.ts';
import { extendedChain } from '../../memory/chain-steps.ts';

/** Failures that a next attempt may still follow. */
const maxRemembered = 10_000;

/** The chains that failures reported here left in the shared store, so that they go on when that is away. */
export class RecentChains {
  readonly #fates = new LRUCache<string, LeaseFate & { readonly kind: 'failed' }>({ max: maxRemembered });

  note(request: SettleRequest, result: SettleResult): void {
    const { failure, leaseId } = request;
    if (failure === undefined || result.duplicate) return;
    const { lease, platformFault } = result;
    const chain = extendedChain(lease, request, failure, { platformFault });
    this.#fates.set(leaseId, { kind: 'failed', chain, nextLeaseId: '' });
  }

  noteNext(leaseId: string, nextLeaseId: string): void {
    const fate = this.#fates.get(leaseId);
    if (fate !== undefined) this.#fates.set(leaseId, { ...fate, nextLeaseId });
  }

  fateOf(leaseId: string): LeaseFate | undefined {
    return this.#fates.get(leaseId);
  }
}
