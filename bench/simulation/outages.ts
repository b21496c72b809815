import { type AccountPlan, modelsOf } from './accounts.ts';
import type { Random } from './random.ts';

/** Why an account can't serve a model for a time. */
export const causes = [
  'limited, told when',
  'limited, not told',
  'overloaded',
  'hangs',
  'spent',
  'platform',
] as const;
export type Cause = (typeof causes)[number];

/** A time in which an account can't serve a model, whatever is asked of it. */
export interface Outage {
  readonly accountId: string;
  readonly model: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly cause: Cause;
}

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
  readonly cause: Cause;
}

/**
 * What befalls the upstreams in the time: bursts in which a fifth of the accounts reach their rate limits together (for half of
 * them the provider says until when), short overloads, a few accounts that take requests and never answer (the first key of the
 * family among them), one that is spent for a
 * day, and some minutes in which a whole platform answers 500. Times are milliseconds from the start.
 */
export function planOutages(
  accounts: readonly AccountPlan[],
  lengthMs: number,
  random: Random,
): readonly Outage[] {
  const outages: Outage[] = [];
  const befall = ({ id, platform }: AccountPlan, models: readonly string[], span: Span) => {
    for (const model of models.length === 0 ? modelsOf(platform) : models)
      outages.push({ accountId: id, model, ...span });
  };
  const spanOf = (startMs: number, lengthOfMs: number, cause: Cause): Span => ({
    startMs,
    endMs: startMs + lengthOfMs,
    cause,
  });

  for (
    let startMs = random.exponential(4 * minute);
    startMs < lengthMs;
    startMs += random.exponential(4 * minute)
  )
    for (const account of accounts) {
      if (random.next() > 0.2) continue;
      const cause = random.next() < 0.5 ? 'limited, told when' : 'limited, not told';
      const beginMs = startMs + random.next() * 10 * second;
      befall(
        account,
        [random.pick(modelsOf(account.platform))],
        spanOf(beginMs, 5 * second + random.exponential(40 * second), cause),
      );
    }
  for (const account of accounts)
    for (
      let startMs = random.exponential(30 * minute);
      startMs < lengthMs;
      startMs += random.exponential(30 * minute)
    )
      befall(
        account,
        [random.pick(modelsOf(account.platform))],
        spanOf(startMs, random.exponential(8 * second), 'overloaded'),
      );
  const firstKey = accounts.find(({ platform }) => platform === 'zhipu')!;
  for (let hung = 0; hung < 6; hung += 1)
    befall(
      hung === 0 ? firstKey : random.pick(accounts),
      [],
      spanOf(random.next() * lengthMs, 3 * minute, 'hangs'),
    );
  befall(accounts[0]!, [], spanOf(lengthMs / 12, day, 'spent'));
  for (const account of accounts)
    if (account.platform === accounts[0]!.platform)
      befall(account, [], spanOf(lengthMs * 0.6, lengthMs / 20, 'platform'));
  return outages;
}
