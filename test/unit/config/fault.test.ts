import { expect, test } from 'vitest';
import { formatFault, pathText } from '../../../src/config/fault.ts';
import { nearestKey } from '../../../src/config/nearest-key.ts';

test('a path reads as one would write it', () => {
  expect(pathText(['accounts', 3, 'limits', 'rpm'])).toBe('accounts[3].limits.rpm');
  expect(pathText(['prices', 'claude-*', 'input'])).toBe('prices["claude-*"].input');
  expect(pathText([])).toBe('');
});

test('a fault is one line with what is known of its place', () => {
  expect(formatFault({ file: 'r.yaml', line: 3, path: 'a.b', problem: 'is bad' })).toBe(
    'r.yaml:3: a.b: is bad',
  );
  expect(formatFault({ path: 'REMORA_X', problem: 'is bad' })).toBe('REMORA_X: is bad');
  expect(formatFault({ file: 'r.yaml', path: '', problem: 'is bad' })).toBe('r.yaml: is bad');
});

test('the nearest key is the one with the fewest edits', () => {
  expect(nearestKey('rmp', ['rpm', 'sessions'])).toBe('rpm');
  expect(nearestKey('concurency', ['priority', 'concurrency'])).toBe('concurrency');
  expect(nearestKey('x', [])).toBeUndefined();
});

test('a key written a level too high is nearest to its own place', () => {
  expect(nearestKey('rpm', ['id', 'name'], ['limits.rpm', 'limits.sessions'])).toBe('limits.rpm');
  expect(nearestKey('nam', ['id', 'name'], ['limits.rpm'])).toBe('name');
});
