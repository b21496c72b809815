import { expect, test } from 'vitest';
import { drivePaced } from '../../../bench/load/drive-paced.ts';
import type { Lane } from '../../../bench/load/lane.ts';
import type { PacedJob, Slice } from '../../../bench/load/paced-job.ts';

const leaseId = Buffer.from('lease');
const job: PacedJob = {
  address: 'nowhere',
  connections: 1,
  mix: { groups: ['g'], sessions: 0, users: 0, usage: false },
  server: { pid: process.pid, core: 0 },
  pairsPerSecond: 1_000,
  ms: 100,
  sliceMs: 50,
  sharesCore: false,
};

/** A lane whose answers come as `answers` says. */
function lane(answers: (n: number) => { leaseId?: Buffer; ok?: boolean; afterMs?: number }) {
  const asked: number[] = [];
  let reports = 0;
  const made: Lane = {
    select(n, answered) {
      asked.push(n);
      const { leaseId: id, afterMs = 0 } = answers(n);
      setTimeout(() => answered(id), afterMs);
    },
    report(_id, answered) {
      reports += 1;
      setImmediate(() => answered(true));
    },
    close() {},
  };
  return { made, asked, reports: () => reports };
}

async function slicesOf(lanes: readonly Lane[], overrides: Partial<PacedJob> = {}): Promise<Slice[]> {
  const slices: Slice[] = [];
  await drivePaced({ ...job, ...overrides }, lanes, (slice) => slices.push(slice));
  return slices;
}

const sum = (slices: readonly Slice[], figure: (slice: Slice) => number) =>
  slices.reduce((total, slice) => total + figure(slice), 0);

test.each([true, false])(
  'every planned pair is made, in slices, sharing its core: %j',
  async (sharesCore) => {
    const { made, asked, reports } = lane(() => ({ leaseId }));
    const slices = await slicesOf([made], { sharesCore });
    expect(asked).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(reports()).toBe(100);
    expect(slices).toHaveLength(2);
    expect(sum(slices, ({ selections }) => selections)).toBe(100);
    expect(sum(slices, ({ errors }) => errors)).toBe(0);
  },
);

test('calls are sent when they are due, whether or not those before were answered', async () => {
  const { made } = lane(() => ({ leaseId, afterMs: 60 }));
  const slices = await slicesOf([made]);
  expect(slices[0]!.inFlight).toBeGreaterThan(30);
  expect(slices.at(-1)!.p50).toBeGreaterThanOrEqual(59);
});

test('a client that is held up counts the time from the planned moment', async () => {
  const { made } = lane((n) => {
    // The client itself stands still: calls due meanwhile are sent late, and must not look fast.
    if (n === 10) for (const end = performance.now() + 40; performance.now() < end; );
    return { leaseId };
  });
  const slices = await slicesOf([made], { sliceMs: 200 });
  expect(slices[0]!.longest).toBeGreaterThan(30);
  expect(slices[0]!.sentLateP99).toBeGreaterThan(30);
});

test('an answer that is none is an error, and is not reported', async () => {
  const { made, reports } = lane((n) => (n % 2 === 0 ? { leaseId } : {}));
  const slices = await slicesOf([made]);
  expect(sum(slices, ({ errors }) => errors)).toBe(50);
  expect(reports()).toBe(50);
});

test('a server that does not keep up ends the job', async () => {
  const { made } = lane(() => ({ leaseId, afterMs: 5_000 }));
  const paced = drivePaced({ ...job, pairsPerSecond: 1e6 }, [made], () => undefined);
  await expect(paced).resolves.toBe('fell_behind');
});
