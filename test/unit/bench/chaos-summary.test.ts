import { describe, expect, test } from 'vitest';
import { CallRecord } from '../../../bench/chaos/calls.ts';
import { HeldLeases } from '../../../bench/chaos/held-leases.ts';
import { type Outcome, summaryOf } from '../../../bench/chaos/summary.ts';

function outcome(options: Partial<Outcome> = {}): Outcome {
  const record = new CallRecord();
  record.durationsMs.push(1, 2, 3);
  return {
    held: new HeldLeases(new Map([['a', 1]])),
    record,
    totals: {
      ...{ requests: 3, granted: 2, grantedDegraded: 0, refused: 1, forgotten: 0 },
      reportedCents: new Map([
        ['one', 10],
        ['two', 25],
      ]),
    },
    deaths: new Map([['redis', 1]]),
    booked: [
      ['one', 10],
      ['two', 25],
    ],
    ...{ degraded: 0, spooled: 0, leasesLeft: 0 },
    ...options,
  };
}

describe('the summary of a run', () => {
  test('finds nothing where every promise was kept', () => {
    const { violations, text } = summaryOf(outcome());
    expect(violations).toEqual([]);
    expect(text).toContain('reports answered 2, booked 2; USD 0.35 and 0.35');
    expect(text).toContain('every promise was kept');
  });

  test('finds an account above its limit, but not where Redis was away', () => {
    const hold = (degraded: boolean, redisDeaths = 1) => {
      const held = new HeldLeases(new Map([['a', 1]]));
      for (const id of ['x', 'y']) held.hold({ id, accountId: 'a', expiresAtMs: 9, degraded }, 0);
      return summaryOf(outcome({ held, deaths: new Map([['redis', redisDeaths]]) })).violations;
    };
    expect(hold(false)).toEqual(['a had 2 leases at once, 1 are allowed']);
    expect(hold(true)).toEqual([]);
    // A sidecar that took it for away while it was not is no excuse.
    expect(hold(true, 0)).toHaveLength(1);
  });

  test('finds calls that failed at a sidecar that lived', () => {
    const record = new CallRecord();
    record.durationsMs.push(1);
    record.failures.push('SelectAccount at one: 13 INTERNAL');
    expect(summaryOf(outcome({ record })).violations).toEqual([
      'a call failed at a sidecar that lived: SelectAccount at one: 13 INTERNAL',
    ]);
  });

  test.each<[string, Outcome['booked'], RegExp]>([
    ['a report that is not booked', [['one', 10]], /report of two, 25 cents, is booked as nothing/],
    [
      'another sum',
      [
        ['one', 10],
        ['two', 24],
      ],
      /report of two, 25 cents, is booked as 24/,
    ],
    [
      'a lease booked twice',
      [
        ['one', 10],
        ['two', 25],
        ['two', 25],
      ],
      /booked twice/,
    ],
    [
      'a booking nobody made',
      [
        ['one', 10],
        ['two', 25],
        ['three', 1],
      ],
      /reported 35 cents, booked 36/,
    ],
  ])('finds %s', (_, booked, expected) => {
    expect(summaryOf(outcome({ booked })).violations.join('\n')).toMatch(expected);
  });

  test.each(['degraded', 'spooled', 'leasesLeft'] as const)('finds what is left at the end: %s', (what) => {
    expect(summaryOf(outcome({ [what]: 1 })).violations).toHaveLength(1);
  });
});
