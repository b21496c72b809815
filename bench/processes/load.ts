import type { Job, JobAnswer, JobMessage, JobResult } from '../load/job.ts';
import { cores } from './cores.ts';
import { startPinned } from './pinned.ts';

/** The process that makes the calls. */
export interface LoadProcess {
  /** Rejects where a connection was lost, or where any answer was not what it has to be: such a figure means nothing. */
  run(job: Job): Promise<JobResult>;
  stop(): Promise<void>;
}

export function startLoad(): LoadProcess {
  const load = startPinned({
    core: cores.load,
    command: [process.execPath, 'bench/load/main.ts'],
    messages: true,
  });
  const waiting = new Map<number, (answer: JobAnswer) => void>();
  load.child.on('message', (answer: JobAnswer) => {
    waiting.get(answer.number)?.(answer);
    waiting.delete(answer.number);
  });
  load.child.on('close', () => {
    for (const [number, answer] of waiting)
      answer({ number, fault: `the load process ended\n${load.stderr()}` });
    waiting.clear();
  });
  let jobs = 0;
  return {
    async run(job) {
      jobs += 1;
      const message: JobMessage = { number: jobs, job };
      const answer = await new Promise<JobAnswer>((resolve) => {
        waiting.set(message.number, resolve);
        load.child.send(message);
      });
      if ('fault' in answer) throw new Error(`load: ${answer.fault}`);
      const { errors, calls } = answer.result;
      if (errors > 0) throw new Error(`load: ${errors} calls failed, ${calls} were answered`);
      return answer.result;
    },
    stop: () => load.stop(),
  };
}
