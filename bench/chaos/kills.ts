import { setTimeout } from 'node:timers/promises';
import type { Random } from '../simulation/random.ts';

/** Something that is killed and comes back. */
export interface Victim {
  readonly name: string;
  /** Mean time between its return and its next death, in milliseconds. */
  readonly livesMs: number;
  /** Longest time it is down, in milliseconds. */
  readonly downMs: number;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Kills each victim at random until `stop`, which resolves with all of them alive. Rejects where one does not come back. */
export function startKills(victims: readonly Victim[], random: Random) {
  const stopping = new AbortController();
  const deaths = new Map(victims.map(({ name }) => [name, 0]));
  const pause = (ms: number) => setTimeout(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  const haunt = async ({ name, livesMs, downMs, kill, restart }: Victim): Promise<void> => {
    for (;;) {
      await pause(Math.max(1_000, random.exponential(livesMs)));
      if (stopping.signal.aborted) return;
      await kill();
      deaths.set(name, (deaths.get(name) ?? 0) + 1);
      await pause(random.below(downMs));
      await restart();
    }
  };
  const all = Promise.all(victims.map(haunt));
  all.catch(() => undefined);
  return {
    deaths: deaths as ReadonlyMap<string, number>,
    async stop(): Promise<void> {
      stopping.abort();
      await all;
    },
  };
}
