import { type AccountPlan, modelsOf, planAccounts } from './accounts.ts';
import { type Outage, planOutages } from './outages.ts';
import { createRandom, type Random } from './random.ts';

/** One request of a caller, as it is whatever account gets it. */
export interface RequestPlan {
  readonly index: number;
  /** Milliseconds from the start. */
  readonly atMs: number;
  /** Empty where the default would do. */
  readonly platform: string;
  readonly model: string;
  /** Empty: none. */
  readonly sessionId: string;
  /** How long the answer streams where it is served. */
  readonly durationMs: number;
  /** What is wrong with it, so that every account turns it down. */
  readonly poison: 'format' | 'context' | undefined;
}

/** The time to be lived through: the same for every policy. */
export interface Hour {
  readonly lengthMs: number;
  readonly accounts: readonly AccountPlan[];
  readonly outages: readonly Outage[];
  readonly requests: readonly RequestPlan[];
}

export interface HourOptions {
  readonly seed: number;
  readonly lengthMs: number;
  readonly accounts: number;
  readonly requestsPerSecond: number;
}

/** What `npm run simulate` replays. */
export const defaultHour: HourOptions = {
  seed: 1,
  lengthMs: 3_600_000,
  accounts: 100,
  requestsPerSecond: 20,
};

/** One of the clients sends a request that nobody can serve this often. */
const poisonEveryMs = 5_000;

/** Draws an hour. The same options give the same hour. */
export function planHour(options: HourOptions): Hour {
  const { seed, lengthMs } = options;
  const accounts = planAccounts(options.accounts);
  const outages = planOutages(accounts, lengthMs, createRandom(seed));
  const random = createRandom(seed ^ 0x5eed);
  const drawn = [...goodRequests(options, random), ...poisonedRequests(lengthMs, random)];
  const requests = drawn.sort((a, b) => a.atMs - b.atMs).map((request, index) => ({ ...request, index }));
  return { lengthMs, accounts, outages, requests };
}

type Drawn = Omit<RequestPlan, 'index'>;

function goodRequests({ lengthMs, requestsPerSecond }: HourOptions, random: Random): readonly Drawn[] {
  const requests: Drawn[] = [];
  const gapMs = 1000 / requestsPerSecond;
  for (let atMs = random.exponential(gapMs); atMs < lengthMs; atMs += random.exponential(gapMs))
    requests.push({
      atMs,
      ...asked(random.next()),
      sessionId: random.next() < 0.6 ? `session-${random.below(60 * requestsPerSecond)}` : '',
      durationMs: Math.min(300_000, random.logNormal(6_000, 1)),
      poison: undefined,
    });
  return requests;
}

/** A fifth goes to the family of keys. */
function asked(chance: number): Pick<Drawn, 'platform' | 'model'> {
  if (chance < 0.2) return { platform: 'zhipu', model: 'glm' };
  return { platform: '', model: chance < 0.76 ? 'claude-large' : 'claude-small' };
}

function poisonedRequests(lengthMs: number, random: Random): readonly Drawn[] {
  const requests: Drawn[] = [];
  for (
    let atMs = random.exponential(poisonEveryMs);
    atMs < lengthMs;
    atMs += random.exponential(poisonEveryMs)
  )
    requests.push({
      atMs,
      platform: '',
      model: random.pick(modelsOf('anthropic')),
      sessionId: '',
      durationMs: 0,
      poison: random.next() < 0.5 ? 'format' : 'context',
    });
  return requests;
}
