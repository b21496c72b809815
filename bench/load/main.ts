/** The load process: runs one job after the other as its parent asks for them, and ends with it. */
import { Connection } from './connection.ts';
import { drive } from './drive.ts';
import type { Job, JobAnswer, JobMessage, JobResult } from './job.ts';
import type { Lane } from './lane.ts';
import { createMessages } from './messages.ts';
import { createRouteLane } from './route-lane.ts';
import { createStockLane } from './stock-lane.ts';
import { createUnaryLane } from './unary-lane.ts';

async function run(job: Job): Promise<JobResult> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => undefined);
  const lanes: Lane[] = [];
  try {
    for (let index = 0; index < job.connections; index += 1) lanes.push(await openLane(job, reject));
    return await drive(job, lanes, lost);
  } finally {
    for (const lane of lanes) lane.close();
  }
}

async function openLane(job: Job, onFault: (error: Error) => void): Promise<Lane> {
  if (job.client === 'stock') return createStockLane(job.address, job.mix);
  const messages = createMessages(job.mix);
  const connection = await Connection.open(job.address, onFault);
  return job.calls === 'route'
    ? createRouteLane(connection, messages, onFault)
    : createUnaryLane(connection, messages);
}

process.on('message', async ({ number, job }: JobMessage) => {
  let answer: JobAnswer;
  try {
    answer = { number, result: await run(job) };
  } catch (error) {
    answer = { number, fault: error instanceof Error ? error.message : String(error) };
  }
  process.send?.(answer);
});
process.on('disconnect', () => process.exit());
