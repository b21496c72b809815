import { describe, expect, it } from 'vitest';
import {
  afterCallerFault,
  afterProbeLost,
  afterSuccess,
  type CooldownRecord,
  type CooldownTimings,
  gateOf,
  isForgotten,
  scheduledMs,
  withProbe,
} from '../../../src/failover/cooldown.ts';

const timings: CooldownTimings = { forgetAfterMs: 86_400_000, probeAfterMs: 30_000, probeTimeoutMs: 10_000 };
const { probeTimeoutMs } = timings;

/** Cooled from 0 to one minute. */
const cooling: CooldownRecord = {
  failures: 1,
  billingFailures: 0,
  lastFailureAtMs: 0,
  startedAtMs: 0,
  untilMs: 60_000,
  reason: 'RATE_LIMIT',
  source: 'SCHEDULE',
  probeDue: true,
};
const probing = withProbe(cooling, 'probe', 60_000);

describe('a schedule', () => {
  it.each([
    [1, 1],
    [2, 5],
    [3, 25],
    [4, 60],
    [400, 60],
  ])('at failure %i lasts %i min', (n, minutes) => {
    const standard = { baseMs: 60_000, growth: 5, maxSteps: 3, capMs: 3_600_000 };
    expect(scheduledMs(standard, n)).toBe(minutes * 60_000);
  });

  it('grows by no more than its steps, whatever its cap', () => {
    const steps = { baseMs: 10, growth: 2, maxSteps: 3, capMs: Number.MAX_SAFE_INTEGER };
    expect([1, 4, 5, 5_000].map((n) => scheduledMs(steps, n))).toEqual([10, 80, 80, 80]);
  });
});

describe('the gate of a record', () => {
  it.each([
    ['none', undefined, 0, 'open'],
    ['one that runs', cooling, 59_999, 'cooling'],
    ['a long one at its end', cooling, 60_000, 'probe_due'],
    ['a short one at its end', { ...cooling, probeDue: false }, 60_000, 'open'],
    ['one whose probe is out', probing, 69_999, 'probing'],
    ['one whose probe lasts', probing, 70_000, 'open'],
  ] as const)('of %s', (_, record, nowMs, gate) => {
    expect(gateOf(record, nowMs, probeTimeoutMs)).toBe(gate);
  });
});

describe('after a success', () => {
  const success = (record: CooldownRecord | undefined, grantedAtMs: number, nowMs: number) =>
    afterSuccess(record, { leaseId: 'probe', grantedAtMs }, { nowMs, probeTimeoutMs });

  it('a record is gone, running or over', () => {
    expect(success(cooling, 1, 2)).toBeUndefined();
    expect(success(probing, 60_000, 61_000)).toBeUndefined();
    expect(success(undefined, 0, 1)).toBeUndefined();
  });

  it.each([
    ['runs', cooling, 59_999],
    ['wants a probe', cooling, 60_000],
    ['has its probe out', probing, 69_999],
  ])('of a request from before it began, a record that %s stays', (_, record, nowMs) => {
    expect(success(record, 0, nowMs)).toBe(record);
  });

  it('of a request from before it began, a record that is open is gone', () => {
    expect(success({ ...cooling, probeDue: false }, 0, 60_000)).toBeUndefined();
    expect(success(probing, 0, 70_000)).toBeUndefined();
  });

  it('a running record for BILLING stays, one that is over goes', () => {
    const billing = { ...cooling, reason: 'BILLING' } as const;
    expect(success(billing, 1, 59_999)).toBe(billing);
    expect(success(billing, 60_000, 60_001)).toBeUndefined();
  });
});

describe('a probe', () => {
  it('met by a fault of the caller opens the record, counts stay', () => {
    const open = afterCallerFault(probing, 'probe');
    expect(open).toEqual({ ...cooling, probeDue: false });
  });

  it('that is lost in time leaves the record to the next', () => {
    expect(afterProbeLost(probing, 'probe', { nowMs: 69_999, probeTimeoutMs })).toEqual(cooling);
  });

  it('that is lost after it opened the record leaves it open', () => {
    const open = afterProbeLost(probing, 'probe', { nowMs: 70_000, probeTimeoutMs });
    expect(open).toEqual({ ...cooling, probeDue: false });
  });

  it('of another lease is left alone', () => {
    expect(afterCallerFault(probing, 'other')).toBe(probing);
    expect(afterProbeLost(probing, 'other', { nowMs: 61_000, probeTimeoutMs })).toBe(probing);
    expect(afterProbeLost(undefined, 'probe', { nowMs: 61_000, probeTimeoutMs })).toBeUndefined();
  });
});

describe('a record is forgotten', () => {
  it('a day after both its failure and its end', () => {
    const long = { ...cooling, untilMs: 200_000_000 };
    expect(isForgotten(cooling, 86_400_000, timings)).toBe(false);
    expect(isForgotten(cooling, 86_460_000, timings)).toBe(true);
    expect(isForgotten(long, 286_399_999, timings)).toBe(false);
    expect(isForgotten(long, 286_400_000, timings)).toBe(true);
  });
});
