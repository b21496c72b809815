import type { Job, JobAnswer, JobMessage, JobResult } from '../load/job.ts';
import type { Paced, PacedJob, Slice } from '../load/paced-job.ts';
import { cores } from './cores.ts';
import { startPinned } from './pinned.ts';

/** The process that makes the calls. */
export interface LoadProcess {
  /** Rejects where a connection was lost, or where any answer was not what it has to be: such a figure means nothing. */
  run(job: Job): Promise<JobResult>;
  /** Tells of each slice as it ends. Rejects where a connection was lost; errors are counted. */
  pace(job: PacedJob, onSlice: (slice: Slice) => void): Promise<Paced>;
  stop(): Promise<void>;
}

export function startLoad(): LoadProcess {
  const load = startPinned({
    core: cores.load,
    command: [process.execPath, 'bench/load/main.ts'],
    messages: true,
  });
  const waiting = new Map<number, (answer: JobAnswer) => void>();
  load.child.on('message', (answer: JobAnswer) => waiting.get(answer.number)?.(answer));
  load.child.on('close', () => {
    for (const [number, answer] of waiting)
      answer({ number, fault: `the load process ended\n${load.stderr()}` });
  });
  let jobs = 0;
  /** Resolves with the last answer. */
  const ask = (job: Job | PacedJob, onSlice: (slice: Slice) => void): Promise<JobAnswer> => {
    jobs += 1;
    const message: JobMessage = { number: jobs, job };
    return new Promise((resolve, reject) => {
      waiting.set(message.number, (answer) => {
        if ('slice' in answer) return onSlice(answer.slice);
        waiting.delete(answer.number);
        if ('fault' in answer) reject(new Error(`load: ${answer.fault}`));
        else resolve(answer);
      });
      load.child.send(message);
    });
  };
  return {
    async run(job) {
      const answer = await ask(job, () => undefined);
      if (!('result' in answer)) throw new Error('load: no result');
      const { errors, calls } = answer.result;
      if (errors > 0) throw new Error(`load: ${errors} calls failed, ${calls} were answered`);
      return answer.result;
    },
    async pace(job, onSlice) {
      const answer = await ask(job, onSlice);
      if (!('paced' in answer)) throw new Error('load: not paced');
      return answer.paced;
    },
    stop: () => load.stop(),
  };
}
