import { setTimeout } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { GrpcClient } from '../../test/support/clients.ts';
import type { Random } from '../simulation/random.ts';
import type { ChaosSidecar } from './sidecar.ts';

/** Codes that are answers, not faults. */
const answers: readonly unknown[] = [status.RESOURCE_EXHAUSTED, status.FAILED_PRECONDITION];

/** How the calls went. */
export class CallRecord {
  /** Milliseconds of each answered call that was not asked to wait. */
  readonly durationsMs: number[] = [];
  /** Calls that ended because their sidecar was killed, and were made again elsewhere. */
  cutOff = 0;
  /** Calls that failed though their sidecar lived: none may. */
  readonly failures: string[] = [];
}

export interface CallerOptions {
  readonly sidecars: readonly ChaosSidecar[];
  readonly random: Random;
  readonly record: CallRecord;
}

/**
 * Makes a call at some sidecar, and again at another where the first is killed meanwhile, until there is an answer. Undefined where
 * the answer is that no account is left, or the call failed at a sidecar that lived (which is recorded).
 */
export async function answered<T>(
  { sidecars, random, record }: CallerOptions,
  name: string,
  call: (client: GrpcClient) => Promise<T>,
  options: { readonly timed: boolean } = { timed: true },
): Promise<T | undefined> {
  for (;;) {
    const sidecar = random.pick(sidecars);
    const { client, deaths } = sidecar;
    if (client === undefined) {
      await setTimeout(20);
      continue;
    }
    const beganMs = performance.now();
    try {
      const result = await call(client);
      if (options.timed) record.durationsMs.push(performance.now() - beganMs);
      return result;
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: string };
      if (answers.includes(code)) return undefined;
      if (sidecar.deaths === deaths) {
        record.failures.push(`${name} at ${sidecar.name}: ${message}`);
        return undefined;
      }
      record.cutOff += 1;
    }
  }
}
