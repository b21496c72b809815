import { leaseSuffixOf, nonceOf } from '../lease-payload.ts';
import type { SharedFigures } from '../picture/shared-figures.ts';
import type { LocalStore } from './outage-store.ts';
import type { OwnLease } from './own-leases.ts';

export interface Seed {
  readonly held: Iterable<OwnLease>;
  readonly accounts: Iterable<SharedFigures>;
  readonly nowMs: number;
}

/**
 * Gives a fresh local store what this sidecar knows: the leases it granted itself (others' are in the share reserved for them), and
 * of each account cooldowns, overrides, windows, spending and callers waiting here.
 */
export function seedLocalStore(local: LocalStore, { held, accounts, nowMs }: Seed): void {
  // Leases before cooldowns, which would keep them out.
  for (const own of held) giveLease(local, own, nowMs);
  for (const figures of accounts) copy(figures, local, nowMs);
}

/** Lets the local store hold a lease that the shared one granted; its place in the account's slots comes with it. */
export function giveLease(local: LocalStore, { lease, requestKey }: OwnLease, nowMs: number): void {
  local.claim({
    nowMs,
    nonce: nonceOf(lease.id),
    ttlMs: lease.expiresAtMs - nowMs,
    groupId: lease.groupId,
    model: lease.model,
    requestKey,
    session: undefined,
    candidates: [
      {
        accountId: lease.accountId,
        leaseSuffix: leaseSuffixOf(lease.id),
        concurrency: 0,
        rpmLimit: 0,
        sessionLimit: 0,
        sessionIdleMs: 0,
      },
    ],
    grant: lease.grant,
  });
}

function copy(figures: SharedFigures, local: LocalStore, nowMs: number): void {
  const copied = local.figures(figures.accountId);
  copied.lastUsedAt = figures.lastUsedAt;
  copied.waiting = figures.waitingHere;
  copied.override = figures.override;
  copied.upstreamWindow = figures.upstreamWindow;
  if (figures.cooldown !== undefined) copied.setRecord('ACCOUNT', '', figures.cooldown);
  for (const [model, record] of figures.modelCooldowns()) copied.setRecord('ACCOUNT_MODEL', model, record);
  const { window, quota } = figures;
  if (window !== undefined) copied.spend.fillWindow(window.startMs, window.costUsd, 0, window.readAtMs);
  if (quota !== undefined && figures.quotaUse(nowMs) !== undefined)
    copied.spend.fillQuota(quota.use, 0, quota.readAtMs);
}
