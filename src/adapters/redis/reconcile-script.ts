import type { RunScript } from './calls.ts';
import { leaseSuffixOf, marksOf, nonceOf, payloadOfLease } from './lease-payload.ts';
import type { JournalPart } from './outage/journal.ts';
import type { OwnLease } from './outage/own-leases.ts';
import { textsOf } from './reply.ts';

/** A cooldown as a field of its account. */
export interface NotedRecord {
  readonly accountId: string;
  readonly field: string;
  readonly text: string;
}

/** What one run of reconcile.lua is told. */
export interface Reconciliation extends JournalPart {
  readonly held: readonly OwnLease[];
  readonly records: readonly NotedRecord[];
}

/** Tells the store. Answers the nonces of held leases that were reported elsewhere meanwhile. */
export function reconcile(
  run: RunScript,
  { held, ended, spent, records, bindings }: Reconciliation,
  { nowMs, sidecar }: { readonly nowMs: number; readonly sidecar: string },
): Promise<readonly string[]> {
  const args = [
    nowMs,
    sidecar,
    held.length,
    ended.length,
    spent.length,
    records.length,
    bindings.length,
    ...held.flatMap(heldArgs),
    ...ended,
    ...spent,
    ...records.flatMap(({ accountId, field, text }) => [accountId, field, text]),
    ...bindings.flatMap(({ sessionKey, accountId, endsAtMs, idleMs }) => [
      sessionKey,
      accountId,
      endsAtMs,
      idleMs,
    ]),
  ];
  return run({ operation: 'figures', script: 'reconcile', args }, (reply) => textsOf(reply));
}

function heldArgs({ lease, requestKey }: OwnLease): readonly (string | number)[] {
  const { accountId, model, grantedAtMs, expiresAtMs, ttlMs } = lease;
  return [
    nonceOf(lease.id),
    leaseSuffixOf(lease.id),
    accountId,
    model,
    grantedAtMs,
    expiresAtMs,
    ttlMs,
    requestKey,
    payloadOfLease(lease),
    JSON.stringify(marksOf(lease.grant.chain)),
  ];
}
