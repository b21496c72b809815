import { expect, test } from 'vitest';
import { drive } from '../../../bench/load/drive.ts';
import type { Job } from '../../../bench/load/job.ts';
import type { Lane } from '../../../bench/load/lane.ts';

/** Answers every call in the next turn and remembers what was asked. */
function lane() {
  const asked: string[] = [];
  const made: Lane = {
    select(n, answered) {
      asked.push(`select ${n}`);
      setImmediate(() => answered(Buffer.from(String(n))));
    },
    report(leaseId, answered) {
      asked.push(`report ${leaseId}`);
      setImmediate(() => answered(true));
    },
    close() {},
  };
  return { made, asked };
}

const job = (order: Job['order']): Job => ({
  ...{ client: 'lean', calls: 'unary', address: 'nowhere', connections: 1, inFlight: 1 },
  mix: { groups: ['g'], sessions: 0, users: 0, usage: false },
  order,
  from: 5,
  until: { ms: 10_000, selections: 2 },
  server: { pid: process.pid, core: 0 },
});

test.each([
  ['pairs', ['select 5', 'report 5', 'select 6', 'report 6'], 4],
  ['selections', ['select 5', 'select 6', 'report 5', 'report 6'], 2],
  ['hold', ['select 5', 'select 6'], 2],
] as const)('%s: %j', async (order, calls, measured) => {
  const { made, asked } = lane();
  const result = await drive(job(order), [made]);
  expect(asked).toEqual(calls);
  expect(result).toMatchObject({ selections: 2, calls: measured, errors: 0 });
});
