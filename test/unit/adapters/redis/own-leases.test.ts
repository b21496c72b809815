import { describe, expect, it } from 'vitest';
import { OwnLeases } from '../../../../src/adapters/redis/outage/own-leases.ts';
import type { Lease } from '../../../../src/ports/state-store.ts';

const origin = {
  groupId: 'g',
  model: 'm',
  sessionId: '',
  userId: '',
  platform: '',
  excludedAccountIds: [],
  leaseTtlMs: 0,
};

function own(id: string, expiresAtMs: number) {
  const grant = {
    request: origin,
    chain: undefined,
    attempt: 1,
    passedOver: [],
    sticky: 'NONE',
    movedFrom: undefined,
  } as const;
  const times = { grantedAtMs: 0, expiresAtMs, ttlMs: expiresAtMs };
  const lease: Lease = { id, accountId: 'a', groupId: 'g', model: 'm', ...times, grant };
  return { lease, requestKey: '', isShared: true };
}

function ownOf(leases: Readonly<Record<string, number>>): OwnLeases {
  const held = new OwnLeases();
  for (const [id, expiresAtMs] of Object.entries(leases)) held.add(own(id, expiresAtMs));
  return held;
}

describe('the leases granted here', () => {
  it('are forgotten when they are over, in whatever order that is', () => {
    const held = ownOf({ long: 900, short: 100, middle: 500 });
    const sizes = [99, 100, 499, 500, 899, 900].map((nowMs) => {
      held.prune(nowMs);
      return held.size;
    });
    expect(sizes).toEqual([3, 2, 2, 1, 1, 0]);
    held.add(own('next', 1_000));
    held.prune(1_000);
    expect(held.size).toBe(0);
  });

  it('stay as long as they were extended, and go when they were shortened', () => {
    const held = ownOf({ longer: 100, shorter: 900 });
    held.extend('longer', 500);
    held.extend('shorter', 200);
    held.prune(200);
    expect([...held.held(0)].map(({ lease }) => lease.id)).toEqual(['longer']);
    held.prune(500);
    expect(held.size).toBe(0);
  });

  it('that are over are not among those held, whether or not they were forgotten yet', () => {
    const held = ownOf({ long: 900, short: 100 });
    expect([...held.held(100)].map(({ lease }) => lease.id)).toEqual(['long']);
  });
});
