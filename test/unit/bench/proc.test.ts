import { expect, test } from 'vitest';
import {
  coreTime,
  parseCoreTime,
  parseProcessCpuSeconds,
  parseResidentBytes,
  processCpuSeconds,
  residentBytes,
} from '../../../bench/measure/proc.ts';

const fields = 'S 1 42 42 0 -1 4194560 1500 0 12 0 1234 66 7 8 20 0 11 0 99 1000000 3000';

test.each([
  ['a plain name', `42 (node) ${fields}`],
  ['a name with spaces and parentheses', `42 (a (b) c) ${fields}`],
])('CPU time is user and system time, for %s', (_what, stat) => {
  expect(parseProcessCpuSeconds(stat)).toBe(13);
});

test('a text that is no stat is a fault', () => {
  expect(() => parseProcessCpuSeconds('42 (node) S 1')).toThrow('not the text');
});

test('resident memory is in bytes', () => {
  expect(parseResidentBytes('Name:\tnode\nVmPeak:\t  9 kB\nVmRSS:\t  106512 kB\nThreads:\t11\n')).toBe(
    109_068_288,
  );
  expect(() => parseResidentBytes('Name:\tnode\n')).toThrow('VmRSS');
});

test('a core is busy with all but idling and waiting for disks', () => {
  const stat =
    'cpu  1 1 1 1 1 1 1 1 0 0\ncpu0 100 20 30 4000 500 6 7 8 0 0\ncpu1 1 2 3 4 5 6 7 8 0 0\nintr 1\n';
  expect(parseCoreTime(stat, 0)).toEqual({ busy: 1.71, stolen: 0.08 });
  expect(() => parseCoreTime(stat, 2)).toThrow('no core 2');
});

test('this machine writes them as they are read', () => {
  expect(processCpuSeconds(process.pid)).toBeGreaterThan(0);
  expect(residentBytes(process.pid)).toBeGreaterThan(1e6);
  expect(coreTime(0).busy).toBeGreaterThan(0);
});
