/** The load process: runs one job after the other as its parent asks for them, and ends with it. */
import { Connection } from './connection.ts';
import { drive } from './drive.ts';
import { drivePaced } from './drive-paced.ts';
import type { Job, JobAnswer, JobMessage } from './job.ts';
import type { Lane } from './lane.ts';
import { createMessages } from './messages.ts';
import { createRouteLane } from './route-lane.ts';
import { createStockLane } from './stock-lane.ts';
import { createUnaryLane } from './unary-lane.ts';

/** Opens what the job asks for, and closes it again. */
async function withLanes<Result>(
  job: LaneJob,
  drives: (lanes: readonly Lane[]) => Promise<Result>,
): Promise<Result> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => undefined);
  const lanes: Lane[] = [];
  try {
    for (let index = 0; index < job.connections; index += 1) lanes.push(await openLane(job, reject));
    return await Promise.race([lost, drives(lanes)]);
  } finally {
    for (const lane of lanes) lane.close();
  }
}

type LaneJob = Pick<Job, 'client' | 'calls' | 'address' | 'connections' | 'mix'>;

async function openLane(job: LaneJob, onFault: (error: Error) => void): Promise<Lane> {
  if (job.client === 'stock') return createStockLane(job.address, job.mix);
  const messages = createMessages(job.mix);
  const connection = await Connection.open(job.address, onFault);
  return job.calls === 'route'
    ? createRouteLane(connection, messages, onFault)
    : createUnaryLane(connection, messages);
}

process.on('message', async ({ number, job }: JobMessage) => {
  const say = (answer: JobAnswer) => process.send?.(answer);
  try {
    if ('pairsPerSecond' in job) {
      const paced = await withLanes({ ...job, client: 'lean', calls: 'unary' }, (lanes) =>
        drivePaced(job, lanes, (slice) => say({ number, slice })),
      );
      say({ number, paced });
    } else say({ number, result: await withLanes(job, (lanes) => drive(job, lanes)) });
  } catch (error) {
    say({ number, fault: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', () => process.exit());
