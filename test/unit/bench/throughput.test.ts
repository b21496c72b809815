import { expect, test } from 'vitest';
import type { JobResult } from '../../../bench/load/job.ts';
import { comparedLine, sideLine, summarize, throughputRatio } from '../../../bench/measure/throughput.ts';

const latency = { median: 1, p99: 2 };

function result(figures: Partial<JobResult>): JobResult {
  return {
    selections: 500,
    calls: 1_000,
    errors: 0,
    seconds: 1,
    serverCpuSeconds: 0.99,
    clientCpuSeconds: 0.2,
    coreBusySeconds: 1,
    coreStolenSeconds: 0,
    latency: { select: latency, report: latency, pair: latency },
    selectsAt: { from: 0, to: 1_000 },
    reportsAt: undefined,
    ...figures,
  };
}

test('servers that take their whole core are compared by calls per second, round by round', () => {
  const measured = [result({ calls: 800 }), result({ calls: 900 }), result({ calls: 850 })];
  const floor = [result({ calls: 1_000 }), result({ calls: 1_000 }), result({ calls: 1_000 })];
  const ratio = throughputRatio(measured, floor);
  expect(ratio).toEqual({ value: 0.85, spread: { low: 0.8, high: 0.9 }, by: 'calls' });
  expect(comparedLine(ratio)).toContain('calls per second');
});

test('a server that has time left is compared by its CPU time per call, whatever the calls per second', () => {
  const measured = [result({ calls: 1_000, serverCpuSeconds: 0.8 })];
  const floor = [result({ calls: 2_000, serverCpuSeconds: 0.8 })];
  const ratio = throughputRatio(measured, floor);
  expect(ratio).toMatchObject({ value: 0.5, by: 'cpu' });
  expect(comparedLine(ratio)).toContain('CPU time per call');
});

test('rounds of different length weigh the same', () => {
  const { callsPerSecond, cpuMicrosPerCall } = summarize([
    result({ calls: 1_000, seconds: 1, serverCpuSeconds: 1 }),
    result({ calls: 4_000, seconds: 2, serverCpuSeconds: 2 }),
    result({ calls: 9_000, seconds: 3, serverCpuSeconds: 3 }),
  ]);
  expect(callsPerSecond).toBe(2_000);
  expect(cpuMicrosPerCall).toBe(500);
});

test('a line tells of others on the core', () => {
  expect(sideLine('remora', [result({})])).not.toContain('DISTURBED');
  expect(sideLine('remora', [result({ serverCpuSeconds: 0.5 })])).toContain(
    "DISTURBED: others took 50 % of the server's core",
  );
});
