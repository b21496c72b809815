import { describe, expect, it } from 'vitest';
import { shareOf } from '../../../../src/adapters/redis/outage/local-claim.ts';

describe("a sidecar's share", () => {
  const whole = {
    accountId: 'a',
    leaseSuffix: 'x',
    concurrency: 7,
    rpmLimit: 60,
    sessionLimit: 2,
    sessionIdleMs: 1_000,
  };

  it.each([
    [1, [7, 60, 2]],
    [2, [3, 30, 1]],
    [3, [2, 20, 1]],
    [100, [1, 1, 1]],
  ])('among %i is the floor of each limit, and at least one', (sidecars, limits) => {
    const share = shareOf(whole, sidecars);
    expect([share.concurrency, share.rpmLimit, share.sessionLimit]).toEqual(limits);
    expect(share.sessionIdleMs).toBe(1_000);
  });

  it('of no limit is none', () => {
    expect(shareOf({ ...whole, concurrency: 0, rpmLimit: 0, sessionLimit: 0 }, 3)).toMatchObject({
      concurrency: 0,
      rpmLimit: 0,
      sessionLimit: 0,
    });
  });

  it('keeps what a candidate computes when it is asked for', () => {
    class Candidate {
      readonly accountId = 'a';
      readonly concurrency = 4;
      readonly rpmLimit = 0;
      readonly sessionLimit = 0;
      readonly sessionIdleMs = 0;
      get leaseSuffix() {
        return 'computed';
      }
    }
    expect(shareOf(new Candidate(), 2)).toMatchObject({ leaseSuffix: 'computed', concurrency: 2 });
  });
});
