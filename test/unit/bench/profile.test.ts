import { expect, test } from 'vitest';
import { summarizeProfile } from '../../../bench/measure/profile.ts';

const frame = (id: number, functionName: string, url: string) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
});

test('self time is added up by function and by owner, without idling', () => {
  const profile = {
    nodes: [
      frame(1, 'run', 'file:///repo/src/a.ts'),
      frame(2, 'run', 'file:///repo/src/a.ts'),
      frame(3, '', 'file:///repo/node_modules/@scope/name/x.js'),
      frame(4, 'emit', 'node:events'),
      frame(5, '(idle)', ''),
      frame(6, '(garbage collector)', ''),
      frame(7, 'plain', 'file:///repo/node_modules/plain/x.js'),
      frame(8, 'writev', ''),
    ],
    samples: [1, 2, 3, 4, 5, 6, 7, 8],
    timeDeltas: [100, 50, 40, 30, 1_000, 20, 10, 5],
  };
  const { busyMicros, owners, functions } = summarizeProfile(profile, '/repo');
  expect(busyMicros).toBe(255);
  expect(owners.map(({ name, micros }) => [name, micros])).toEqual([
    ['src', 150],
    ['@scope/name', 40],
    ['node', 30],
    ['(garbage collector)', 20],
    ['plain', 10],
    ['native', 5],
  ]);
  expect(functions[0]).toMatchObject({ name: 'run src/a.ts:10', owner: 'src', micros: 150 });
  expect(functions[1]?.name).toBe('(anonymous) node_modules/@scope/name/x.js:10');
});
