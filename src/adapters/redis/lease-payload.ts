import type { Chain, ClaimRequest, Grant, Lease } from '../../ports/state-store.ts';
import type { Reply } from './calls.ts';
import { listOf, numberOf, textOf } from './reply.ts';

/** What the store keeps with a lease and reads nothing of: the claimant's side of it, the same whichever candidate wins. */
interface LeasePayload {
  readonly groupId: string;
  readonly grant: ClaimRequest['grant'];
  /** The account the session was taken to be bound to; absent without a session. */
  readonly assumed?: string;
}

export function encodePayload({ groupId, grant, session }: ClaimRequest): string {
  const payload: LeasePayload = {
    groupId,
    grant,
    ...(session !== undefined && { assumed: session.assumedAccountId }),
  };
  return JSON.stringify(payload);
}

/** The payload of a lease granted before: what is made of it again is that lease. */
export function payloadOfLease({ accountId, groupId, grant: { sticky, ...grant } }: Lease): string {
  // A session that moved from an account nobody told of; no account has this name.
  const elsewhere = grant.movedFrom === undefined ? '\0' : '';
  const assumed = { NONE: undefined, BOUND: '', KEPT: accountId, MOVED: elsewhere }[sticky];
  const payload: LeasePayload = { groupId, grant, ...(assumed !== undefined && { assumed }) };
  return JSON.stringify(payload);
}

/** Attempts whose answers had a fingerprint, as lua/includes/lease.lua wants them: five texts each. */
export function marksOf(chain: Chain | undefined): readonly string[] {
  if (chain === undefined) return [];
  return chain.attempts
    .filter(({ fingerprint, leaseId }) => fingerprint !== '' && leaseId !== undefined)
    .flatMap(({ fingerprint, platform, accountId, model, leaseId }) => [
      fingerprint,
      platform,
      accountId,
      model,
      leaseId!,
    ]);
}

/** The lease of a reply: nonce, suffix, account, model, granted, ends, length, payload. */
export function leaseOf(reply: Reply): Lease {
  const [nonce, suffix, accountId, model, granted, ends, ttl, payload] = listOf(reply);
  return assembled(JSON.parse(textOf(payload)) as LeasePayload, {
    id: `${textOf(nonce)}.${textOf(suffix)}`,
    accountId: textOf(accountId),
    model: textOf(model),
    grantedAtMs: numberOf(granted),
    expiresAtMs: numberOf(ends),
    ttlMs: numberOf(ttl),
  });
}

type Decided = Omit<Lease, 'groupId' | 'grant'>;

/** The lease of a claim that was granted. */
export function grantedLease({ groupId, grant, session }: ClaimRequest, decided: Decided): Lease {
  return assembled(
    { groupId, grant, ...(session !== undefined && { assumed: session.assumedAccountId }) },
    decided,
  );
}

/** A lease from what the claimant kept with it and what the store decided. */
function assembled({ groupId, grant, assumed }: LeasePayload, decided: Decided): Lease {
  const { request, chain, attempt, passedOver, movedFrom } = grant;
  const { id, accountId, model, grantedAtMs, expiresAtMs, ttlMs } = decided;
  const sticky = stickyOf(accountId, assumed, movedFrom);
  return {
    id,
    accountId,
    groupId,
    model,
    grantedAtMs,
    expiresAtMs,
    ttlMs,
    grant: { request, chain, attempt, passedOver, sticky: sticky.sticky, movedFrom: sticky.movedFrom },
  };
}

/** How the session came to the account; `assumed` undefined: there is none. */
export function stickyOf(
  accountId: string,
  assumed: string | undefined,
  movedFrom: Grant['movedFrom'],
): Pick<Grant, 'sticky' | 'movedFrom'> {
  if (assumed === undefined) return { sticky: 'NONE', movedFrom: undefined };
  if (assumed === accountId) return { sticky: 'KEPT', movedFrom: undefined };
  // A session that came back to its account after all has not moved.
  const lost = movedFrom !== undefined && movedFrom.accountId !== accountId;
  if (assumed === '' && !lost) return { sticky: 'BOUND', movedFrom: undefined };
  return { sticky: 'MOVED', movedFrom: lost ? movedFrom : undefined };
}

/** The chain of a lease's record; undefined where the lease was not known. */
export function grantOf(payload: string): Pick<Grant, 'request' | 'chain' | 'passedOver'> | undefined {
  return payload === '' ? undefined : (JSON.parse(payload) as LeasePayload).grant;
}

/** The part of a lease's id that no other lease has. */
export function nonceOf(leaseId: string): string {
  return leaseId.slice(0, leaseId.indexOf('.'));
}

/** The rest of it. */
export function leaseSuffixOf(leaseId: string): string {
  return leaseId.slice(leaseId.indexOf('.') + 1);
}
