import { expect, it } from 'vitest';
import { createThrottle } from '../../../src/telemetry/throttle.ts';

it('a throttle lets the first call through, then one per interval, with the number held back', () => {
  let nowMs = 5;
  const throttle = createThrottle({ now: () => nowMs }, 100);
  const through: [atMs: number, heldBack: number][] = [];
  for (nowMs of [5, 6, 104, 105, 106, 400]) throttle((heldBack) => through.push([nowMs, heldBack]));
  expect(through).toEqual([
    [5, 0],
    [105, 2],
    [400, 1],
  ]);
});
