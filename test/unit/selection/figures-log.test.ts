import { expect, test } from 'vitest';
import { createRandom } from '../../../bench/simulation/random.ts';
import { FiguresLog, FiguresMark, type LogEnd } from '../../../src/selection/figures-log.ts';

/** The accounts that changed since the log ended there, in the order of their names. */
function changedSince(log: FiguresLog, from: LogEnd): readonly string[] {
  const ids: string[] = [];
  log.since(from, (_, accountId) => ids.push(accountId));
  return ids.toSorted();
}

test('an account that did not change is not told of', () => {
  const log = new FiguresLog();
  log.add('a');
  expect(changedSince(log, 0)).toEqual([]);
});

test('an account that changed again and again is told of once, and not once more where nothing happened', () => {
  const log = new FiguresLog();
  const [a, b, c] = ['a', 'b', 'c'].map((id) => new FiguresMark(log, id));
  for (const mark of [a, a, b, a, c, c]) mark!.touch();
  expect(changedSince(log, 0)).toEqual(['a', 'b', 'c']);
  expect(changedSince(log, log.end())).toEqual([]);
});

test('what changes after a look is told of, though it was the last to change before', () => {
  const log = new FiguresLog();
  const a = new FiguresMark(log, 'a');
  a.touch();
  const end = log.end();
  a.touch();
  expect(changedSince(log, end)).toEqual(['a']);
  const other = log.since(end, () => undefined);
  a.touch();
  expect(changedSince(log, other)).toEqual(['a']);
});

test.each([20, 3_000])(
  'each of those who look is told what changed since they did, of %i accounts',
  (count) => {
    const random = createRandom(5);
    const log = new FiguresLog();
    const ids = Array.from({ length: count }, (_, index) => `account-${index}`);
    const marks = ids.map((id) => new FiguresMark(log, id));
    // The first looks all the time, the last one falls behind by more than the log keeps.
    const readers = [3, 300, 9_000].map((every) => ({ every, from: log.end(), changed: new Set<string>() }));
    let behind = 0;
    for (let step = 1; step <= 40_000; step += 1) {
      const index = random.below(count);
      for (let times = random.below(3); times >= 0; times -= 1) marks[index]!.touch();
      for (const reader of readers) {
        reader.changed.add(ids[index]!);
        if (step % reader.every !== 0) continue;
        const end = log.end();
        behind = Math.max(behind, end - reader.from);
        if (step % 300 === 0) expect(changedSince(log, reader.from)).toEqual([...reader.changed].toSorted());
        reader.from = end;
        reader.changed.clear();
      }
    }
    expect(behind).toBeGreaterThan(4_096);
  },
);
