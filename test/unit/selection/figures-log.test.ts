import { expect, test } from 'vitest';
import { FiguresLog } from '../../../src/selection/figures-log.ts';

/** The accounts of a log, changed last first, with the count of changes each was told at. */
function told(log: FiguresLog): readonly (readonly [string, number])[] {
  const accounts: [string, number][] = [];
  for (let mark = log.latest; mark !== undefined; mark = mark.older)
    accounts.push([mark.accountId, mark.changedAt]);
  return accounts;
}

test('an account that did not change is not in the log', () => {
  const log = new FiguresLog();
  log.mark('a');
  expect(told(log)).toEqual([]);
  expect(log.changes).toBe(0);
});

test('each account is there once, by its latest change', () => {
  const log = new FiguresLog();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => log.mark(id));
  for (const mark of [a, b, c, d]) mark!.touch();
  expect(told(log).map(([id]) => id)).toEqual(['d', 'c', 'b', 'a']);
  // From the middle, from the end, and the latest once more.
  for (const mark of [b, a, a]) mark!.touch();
  expect(told(log)).toEqual([
    ['a', 7],
    ['b', 5],
    ['d', 4],
    ['c', 3],
  ]);
  expect(log.changes).toBe(7);
});

test('the way back is as long as the way forth', () => {
  const log = new FiguresLog();
  const marks = Array.from({ length: 20 }, (_, index) => log.mark(`a${index}`));
  for (let step = 0; step < 500; step += 1) {
    marks[(step * step + 3 * step) % 20]!.touch();
    let back = 0;
    let oldest = log.latest;
    for (; oldest?.older !== undefined; oldest = oldest.older) back += 1;
    let forth = 0;
    for (let mark = oldest; mark?.newer !== undefined; mark = mark.newer) forth += 1;
    expect(forth).toBe(back);
  }
});
