import { describe, expect, test } from 'vitest';
import { type RoutingRig, routingRig } from '../support/routing-rig.ts';

const selections = 10_000;
const percentagePoint = 0.01;

/** Each account's share of many selections, with leases held `inFlight` at a time. */
async function sharesOf(rig: RoutingRig, inFlight: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const held: string[] = [];
  for (let round = 0; round < selections; round += 1) {
    const outcome = await rig.select();
    if (outcome.kind !== 'selection') throw new Error(outcome.kind);
    const { account, lease } = outcome.selection;
    counts.set(account.id, (counts.get(account.id) ?? 0) + 1);
    held.push(lease.id);
    if (held.length > inFlight) await rig.routing.router.abandon([held.shift()!]);
    if (round % 10 === 0) rig.clock.advance(1);
  }
  return new Map([...counts].map(([id, count]) => [id, count / selections]));
}

const pool = (count: number, account: string, settings = '') =>
  routingRig(
    `${settings}\naccounts: [${Array.from({ length: count }, (_, index) => `{id: a${index}, platform: anthropic${account}}`).join(', ')}]`,
  );

describe(`over ${selections} selections on equal accounts, no share is off by more than two points`, () => {
  test.each([
    ['least recently used', 7, '', ''],
    ['least recently used, with limited slots', 7, ', concurrency: 5', ''],
    ['random', 7, '', 'scheduling: {fallback_selection: random}'],
    ['random, with limited slots', 4, ', concurrency: 50', 'scheduling: {fallback_selection: random}'],
  ])('%s', async (_, count, account, settings) => {
    const shares = await sharesOf(pool(count, account, settings), 3);
    expect(shares.size).toBe(count);
    for (const [id, share] of shares)
      expect(Math.abs(share - 1 / count), id).toBeLessThan(2 * percentagePoint);
  });
});
