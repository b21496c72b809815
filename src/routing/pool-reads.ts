import type { Account } from '../catalog/account.ts';
import { utcDay } from '../ports/calendar.ts';
import type { ChainRequest } from '../ports/state-store.ts';
import type { Looked, ReadFigures } from '../selection/context.ts';
import { type Readers, readMissing } from './figures-read.ts';

/** What a look at a pool missed, read. */
export interface PoolReading {
  readonly read: ReadFigures;
  /** Whether the look missed nothing but what was asked for here, had or not: what can't be read leaves its account open. */
  covers(looked: Looked): boolean;
}

/**
 * Reads of what looks at a pool missed, of which callers that come meanwhile learn: all of them would look at the same pool, miss the
 * same and put it together for themselves. Measured on a slow core: 256 callers at 10,000 accounts of which nothing was known took
 * 17 s, in which nobody else was served.
 */
export class PoolReads {
  readonly #readers: Readers;
  readonly #underWay = new Map<string, Promise<PoolReading>>();

  constructor(readers: Readers) {
    this.#readers = readers;
  }

  /** The read under way for whoever asks the same pool that day. */
  underWay(request: ChainRequest, nowMs: number): Promise<PoolReading> | undefined {
    return this.#underWay.size === 0 ? undefined : this.#underWay.get(keyOf(request, nowMs));
  }

  /** Begins one for what the look missed, in place of the one under way. Never rejects. */
  begin(request: ChainRequest, looked: Looked, nowMs: number): Promise<PoolReading> {
    const key = keyOf(request, nowMs);
    const asked = new Set<Account>([...looked.windowCostsMissing, ...looked.quotasMissing]);
    const areAsked = (accounts: readonly Account[]) => accounts.every((account) => asked.has(account));
    const reading = readMissing(looked, nowMs, this.#readers)
      .then((read) => ({
        read,
        covers: ({ windowCostsMissing, quotasMissing }: Looked) =>
          areAsked(windowCostsMissing) && areAsked(quotasMissing),
      }))
      .finally(() => {
        if (this.#underWay.get(key) === reading) this.#underWay.delete(key);
      });
    this.#underWay.set(key, reading);
    return reading;
  }
}

function keyOf({ groupId, platform, model }: ChainRequest, nowMs: number): string {
  return JSON.stringify([utcDay(nowMs), groupId, platform, model]);
}
