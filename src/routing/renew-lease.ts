import type { RenewOutcome } from './api.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { parseLeaseId } from './lease-id.ts';
import { notALease } from './refusals.ts';

/** Gives a held lease more time. One that has ended can't be renewed: its slot may be another's. */
export async function renewLease(
  { leaseId, ttlMs }: { readonly leaseId: string; readonly ttlMs: number },
  { state, clock }: Pick<RoutingDependencies, 'state' | 'clock'>,
): Promise<RenewOutcome> {
  if (parseLeaseId(leaseId) === undefined) return { kind: 'refused', refusal: notALease('lease_id') };
  const renewed = await state.renew(leaseId, ttlMs, clock.now());
  if (renewed === undefined)
    return { kind: 'refused', refusal: { kind: 'not_found', message: 'lease_id: this lease has ended' } };
  return { kind: 'renewed', lease: { id: leaseId, expiresAtMs: renewed.expiresAtMs } };
}
