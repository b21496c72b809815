import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import type { CooldownSettings } from '../../src/config/settings.ts';
import type { SettleRequest, SettleResult } from '../../src/ports/state-store.ts';

/** A way to deal with failures. */
export interface Policy {
  readonly name: string;
  /** The cooldown settings, from remora's defaults. */
  readonly cooldown: (defaults: CooldownSettings) => CooldownSettings;
  readonly createState: (cooldown: CooldownSettings) => MemoryStateStore;
}

const spendTtlMs = 30_000;
const fixedMs = 60_000;

function memoryState(timings: CooldownSettings): MemoryStateStore {
  return new MemoryStateStore({ timings, spendTtlMs });
}

/** What is common: whatever fails rests for a minute, the whole account, and the request goes on to the next. */
class FixedCooldownStore extends MemoryStateStore {
  override settle(request: SettleRequest): SettleResult {
    const { failure } = request;
    if (failure === undefined) return super.settle(request);
    const schedule = { baseMs: fixedMs, growth: 1, maxSteps: 0, capMs: fixedMs };
    return super.settle({
      ...request,
      failure: {
        ...failure,
        failover: true,
        fingerprint: '',
        effect: { scope: 'ACCOUNT', reason: failure.reason, schedule },
      },
    });
  }
}

export const policies: readonly Policy[] = [
  { name: 'remora', cooldown: (defaults) => defaults, createState: memoryState },
  {
    name: 'remora without half-open',
    cooldown: (defaults) => ({ ...defaults, probeAfterMs: Number.POSITIVE_INFINITY }),
    createState: memoryState,
  },
  {
    name: 'fixed 60 s, any failure',
    cooldown: (defaults) => ({ ...defaults, probeAfterMs: Number.POSITIVE_INFINITY }),
    createState: (timings) => new FixedCooldownStore({ timings, spendTtlMs }),
  },
];
