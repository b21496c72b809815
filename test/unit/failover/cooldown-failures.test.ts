import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CooldownRecord, type CooldownTimings, withProbe } from '../../../src/failover/cooldown.ts';
import {
  afterFailure,
  afterRevocation,
  type CoolingFailure,
} from '../../../src/failover/cooldown-failures.ts';

const timings: CooldownTimings = { forgetAfterMs: 86_400_000, probeAfterMs: 30_000, probeTimeoutMs: 10_000 };
const standard = { baseMs: 60_000, growth: 5, maxSteps: 3, capMs: 3_600_000 };
const billing = { baseMs: 18_000_000, growth: 2, maxSteps: 10, capMs: 86_400_000 };

function failure(leaseId: string, atMs: number, options: Partial<CoolingFailure> = {}): CoolingFailure {
  return {
    effect: { scope: 'ACCOUNT_MODEL', reason: 'RATE_LIMIT', schedule: standard },
    lease: { leaseId, grantedAtMs: atMs },
    atMs,
    revocable: false,
    ...options,
  };
}

const hinted = (leaseId: string, atMs: number, hintUntilMs: number) =>
  failure(leaseId, atMs, {
    effect: { scope: 'ACCOUNT_MODEL', reason: 'RATE_LIMIT', schedule: standard, hintUntilMs },
  });

function recordAfter(failures: readonly CoolingFailure[], before?: CooldownRecord): CooldownRecord {
  return failures.reduce<CooldownRecord | undefined>(
    (record, each) => afterFailure(record, each, timings),
    before,
  )!;
}

/** What a record says, without what it keeps to be taken back. */
function said(record: CooldownRecord | undefined): Partial<CooldownRecord> | undefined {
  if (record === undefined) return undefined;
  const { revocable: _, ...rest } = record;
  return rest;
}

describe('after a failure', () => {
  it('a cooldown begins', () => {
    expect(recordAfter([failure('l', 5)])).toEqual({
      failures: 1,
      billingFailures: 0,
      lastFailureAtMs: 5,
      startedAtMs: 5,
      untilMs: 60_005,
      reason: 'RATE_LIMIT',
      source: 'SCHEDULE',
      probeDue: true,
    });
  });

  it('of a request from before it, a running cooldown keeps count, beginning and end', () => {
    const late = failure('late', 30_000, { lease: { leaseId: 'late', grantedAtMs: 5 } });
    expect(recordAfter([failure('l', 5), late])).toMatchObject({
      failures: 1,
      startedAtMs: 5,
      untilMs: 60_005,
      lastFailureAtMs: 30_000,
    });
  });

  it('of a request from before it, one that is over goes a step further', () => {
    const late = failure('late', 60_005, { lease: { leaseId: 'late', grantedAtMs: 5 } });
    expect(recordAfter([failure('l', 5), late])).toMatchObject({ failures: 2, untilMs: 60_005 + 300_000 });
  });

  it('BILLING is counted apart, and both counts go on', () => {
    const unpaid = (leaseId: string, atMs: number) =>
      failure(leaseId, atMs, { effect: { scope: 'ACCOUNT', reason: 'BILLING', schedule: billing } });
    const both = recordAfter([failure('l1', 0), unpaid('l2', 60_000), failure('l3', 20_000_000)]);
    expect(both).toMatchObject({ failures: 2, billingFailures: 1, untilMs: 20_300_000 });
    expect(recordAfter([unpaid('l4', 21_000_000)], both)).toMatchObject({ billingFailures: 2, failures: 2 });
  });

  it.each([
    ['an end that comes sooner is no end', hinted('l2', 10_000, 20_000), 60_000, 'SCHEDULE'],
    ['an end that comes later counts', hinted('l2', 10_000, 90_000), 90_000, 'UPSTREAM_HINT'],
  ])('%s', (_, later, untilMs, source) => {
    expect(recordAfter([failure('l1', 0), later])).toMatchObject({ untilMs, source });
  });

  it('a probe is due after 30 s, the time it was extended by included', () => {
    expect(recordAfter([hinted('l', 0, 29_999)]).probeDue).toBe(false);
    expect(recordAfter([hinted('l', 0, 30_000)]).probeDue).toBe(true);
    const late = { ...hinted('late', 29_000, 41_000), lease: { leaseId: 'late', grantedAtMs: 0 } };
    expect(recordAfter([hinted('l', 0, 29_999), late]).probeDue).toBe(true);
    expect(recordAfter([hinted('l', 0, 40_000), hinted('l2', 35_000, 36_000)]).probeDue).toBe(true);
  });

  it('the probe of before is none any more', () => {
    const probing = withProbe(recordAfter([failure('l', 0)]), 'probe', 60_000);
    expect(recordAfter([failure('other', 61_000)], probing).probe).toBeUndefined();
  });

  it('never is a cooldown shortened, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(anyFailure, { minLength: 1, maxLength: 30 }), (failures) => {
        let record: CooldownRecord | undefined;
        let nowMs = 0;
        for (const each of inTime(failures)) {
          const next = afterFailure(record, each, timings);
          nowMs = each.atMs;
          expect(next.untilMs).toBeGreaterThan(nowMs);
          if (record !== undefined) expect(next.untilMs).toBeGreaterThanOrEqual(record.untilMs);
          expect(next.failures + next.billingFailures).toBeGreaterThan(0);
          record = next;
        }
      }),
    );
  });
});

describe('taken back', () => {
  const revocable = (leaseId: string, atMs: number) => failure(leaseId, atMs, { revocable: true });

  it('a failure alone leaves the record there was', () => {
    expect(afterRevocation(recordAfter([revocable('l', 5)]), 'l', timings)).toBeUndefined();
    const before = recordAfter([failure('l1', 0)]);
    expect(afterRevocation(recordAfter([revocable('l2', 70_000)], before), 'l2', timings)).toEqual(before);
  });

  it('any failure leaves what the others would have made', () => {
    fc.assert(
      fc.property(fc.array(anyFailure, { minLength: 1, maxLength: 20 }), fc.nat(20), (failures, pick) => {
        const all = inTime(failures);
        const record = recordAfter(all);
        const { leaseId } = all[pick % all.length]!.lease;
        const first = all.findIndex((each) => each.revocable);
        const index = all.findIndex(({ lease }) => lease.leaseId === leaseId);
        const next = afterRevocation(record, leaseId, timings);
        if (first === -1 || index < first) expect(next).toBe(record);
        else {
          const others = all.filter(({ lease }) => lease.leaseId !== leaseId);
          expect(said(next)).toEqual(others.length === 0 ? undefined : said(recordAfter(others)));
        }
      }),
    );
  });

  it('all failures, in any order, leave the record there was', () => {
    const before = recordAfter([failure('l', 0)]);
    const ids = ['a', 'b', 'c', 'd'];
    const record = recordAfter(
      ids.map((id, index) => revocable(id, 70_000 + index)),
      before,
    );
    const left = ['c', 'a', 'd', 'b'].reduce<CooldownRecord | undefined>(
      (now, id) => afterRevocation(now, id, timings),
      record,
    );
    expect(left).toEqual(before);
  });

  it('a failure that a record does not hold changes nothing', () => {
    const record = recordAfter([failure('early', 0), revocable('l', 1)]);
    expect(afterRevocation(record, 'none', timings)).toBe(record);
    expect(afterRevocation(record, 'early', timings)).toBe(record);
    expect(afterRevocation(undefined, 'l', timings)).toBeUndefined();
    expect(afterRevocation(recordAfter([failure('l', 0)]), 'l', timings)).toBeDefined();
  });

  it('a failure leaves the probe that is out, and the account open that was opened since', () => {
    const record = recordAfter([failure('l1', 0), revocable('l2', 1)]);
    const probing = withProbe(record, 'probe', 70_000);
    expect(afterRevocation(probing, 'l2', timings)?.probe).toEqual({ leaseId: 'probe', sinceMs: 70_000 });
    const opened = { ...record, probeDue: false };
    expect(afterRevocation(opened, 'l2', timings)?.probeDue).toBe(false);
    expect(afterRevocation(record, 'l2', timings)?.probeDue).toBe(true);
  });

  it('a failure that stood for a short cooldown leaves the probe that was due before', () => {
    const short = { ...hinted('l2', 70_000, 75_000), revocable: true };
    const record = recordAfter([failure('l1', 0), short]);
    expect(record.probeDue).toBe(false);
    expect(afterRevocation(record, 'l2', timings)?.probeDue).toBe(true);
  });

  it('the failures of one record are bounded: the oldest stay for good', () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      failure(`l${index}`, index, { revocable: true, lease: { leaseId: `l${index}`, grantedAtMs: 0 } }),
    );
    const record = recordAfter(many);
    expect(record.revocable?.failures).toHaveLength(256);
    expect(afterRevocation(record, 'l43', timings)).toBe(record);
    const left = many.reduce<CooldownRecord | undefined>(
      (now, { lease }) => afterRevocation(now, lease.leaseId, timings),
      record,
    );
    expect(left).toMatchObject({ failures: 1, untilMs: 60_000 });
    expect(left?.revocable).toBeUndefined();
  });
});

const anyFailure = fc.record({
  passMs: fc.nat(200_000),
  ageMs: fc.nat(100_000),
  hintMs: fc.option(fc.integer({ min: 1_000, max: 400_000 })),
  unpaid: fc.boolean(),
  revocable: fc.boolean(),
});

function inTime(failures: readonly (typeof anyFailure extends fc.Arbitrary<infer F> ? F : never)[]) {
  let nowMs = 1_000_000;
  return failures.map(({ passMs, ageMs, hintMs, unpaid, revocable }, index): CoolingFailure => {
    nowMs += passMs;
    return {
      effect: {
        scope: 'ACCOUNT',
        reason: unpaid ? 'BILLING' : 'AUTH',
        schedule: unpaid ? billing : standard,
        ...(hintMs !== null && { hintUntilMs: nowMs + hintMs }),
      },
      lease: { leaseId: `l${index}`, grantedAtMs: nowMs - ageMs },
      atMs: nowMs,
      revocable,
    };
  });
}
