import { describe, expect, test } from 'vitest';
import { planHour } from '../../bench/simulation/hour.ts';
import { policies } from '../../bench/simulation/policies.ts';
import { replay } from '../../bench/simulation/replay.ts';
import { SimulatedTime } from '../../bench/simulation/simulated-time.ts';
import { markdownTable } from '../../bench/simulation/table.ts';

const minutes = (seed: number) =>
  planHour({ seed, lengthMs: 5 * 60_000, accounts: 30, requestsPerSecond: 4 });

describe('the simulation of failover', () => {
  test.each(policies)('loses and invents no request, under $name', async (policy) => {
    const hour = minutes(3);
    const result = await replay(hour, policy, 3);
    const wasted = Object.values(result.wasted).reduce((sum, tries) => sum + tries, 0);
    expect(result.requests + result.poisoned).toBe(hour.requests.length);
    expect(result.served + result.failed).toBe(result.requests);
    expect(result.served + wasted + result.turnedDown).toBe(result.tries);
    expect(result.served).toBeGreaterThan(0);
    expect(result.wasted.platform).toBeGreaterThan(0);
    expect(result.benchedMinutes).toBeLessThanOrEqual(30 * 5);
    expect(result.recoveryS.every((delay) => delay >= 0)).toBe(true);
  });

  test('comes to the same for the same seed, and to something else for another', async () => {
    const [policy] = policies;
    const once = await replay(minutes(3), policy!, 3);
    expect(await replay(minutes(3), policy!, 3)).toEqual(once);
    expect(await replay(minutes(4), policy!, 4)).not.toEqual(once);
  });

  test('prints a column for each policy', async () => {
    const results = [await replay(minutes(3), policies[0]!, 3), await replay(minutes(3), policies[2]!, 3)];
    const lines = markdownTable(results).split('\n');
    expect(lines[0]).toBe('|  | remora | fixed 60 s, any failure |');
    expect(lines.every((line) => line.split('|').length === 5)).toBe(true);
  });
});

describe('simulated time', () => {
  test('runs events in the order they fall due, those of one moment in the order they were set', async () => {
    const time = new SimulatedTime(0);
    const ran: unknown[] = [];
    const note = (name: string) => () => void ran.push([name, time.now()]);
    for (const atMs of [7, 3, 9, 3.5, 1, 8, 2, 6, 5]) time.at(atMs, note(`at ${atMs}`));
    time.at(4, note('and at 4'));
    time.at(6, note('never')).cancel();
    time.at(2, () => time.schedule(0, note('set at 2')));
    await time.runUntil(8);
    expect(ran).toEqual([
      ['at 1', 1],
      ['at 2', 2],
      ['set at 2', 2],
      ['at 3', 3],
      ['at 3.5', 4],
      ['and at 4', 4],
      ['at 5', 5],
      ['at 6', 6],
      ['at 7', 7],
      ['at 8', 8],
    ]);
    expect(time.now()).toBe(8);
  });
});
