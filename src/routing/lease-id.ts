import { randomFillSync } from 'node:crypto';

/*
 * A lease id carries what settles it, so that a report can be booked by a sidecar that never knew the lease:
 *
 *   l1<granted: 9 digits of base 36 milliseconds><random: 12 of base64url>.<base64url of ["account","group","model"]>
 *
 * The part before the dot is the nonce, new for each lease; the part behind it is the same for all leases of one account,
 * group and model, and is kept ready.
 */

export interface ParsedLease {
  readonly nonce: string;
  readonly accountId: string;
  readonly groupId: string;
  readonly model: string;
  /** Milliseconds since the epoch. */
  readonly grantedAtMs: number;
}

const shape = /^l1([0-9a-z]{9})([A-Za-z0-9_-]{12})\.([A-Za-z0-9_-]+)$/;

/** Reads a lease id; undefined where the text is none. */
export function parseLeaseId(id: string): ParsedLease | undefined {
  const match = shape.exec(id);
  if (match === null) return undefined;
  const [, time, , body] = match as unknown as [string, string, string, string];
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 3 || !parts.every((part) => typeof part === 'string'))
    return undefined;
  const [accountId, groupId, model] = parts as [string, string, string];
  if (accountId === '') return undefined;
  return {
    nonce: id.slice(0, id.indexOf('.')),
    accountId,
    groupId,
    model,
    grantedAtMs: Number.parseInt(time, 36),
  };
}

/** The part of a lease id that names account, group and model. */
export function leaseSuffix(accountId: string, groupId: string, model: string): string {
  return Buffer.from(JSON.stringify([accountId, groupId, model])).toString('base64url');
}

/** Makes the part of a lease id that is new each time. */
export type NonceSource = (nowMs: number) => string;

const randomBytesEach = 9;

/** Nonces from the system's random source, drawn 4 KiB at a time: one call to it for 455 leases. */
export function createNonceSource(fill: (pool: Buffer) => void = randomFillSync): NonceSource {
  const pool = Buffer.alloc(randomBytesEach * 455);
  let used = pool.length;
  return (nowMs) => {
    if (used === pool.length) {
      fill(pool);
      used = 0;
    }
    const random = pool.toString('base64url', used, used + randomBytesEach);
    used += randomBytesEach;
    return `l1${Math.trunc(nowMs).toString(36).padStart(9, '0')}${random}`;
  };
}
