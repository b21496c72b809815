import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { reachable } from '../../../bench/processes/reachable.ts';

/** A package in a checkout of this mode. */
function packageIn(mode: number, version: string): string {
  const checkout = mkdtempSync(join(tmpdir(), 'remora-checkout-'));
  const directory = join(checkout, 'package');
  mkdirSync(join(directory, 'bin'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: '@test/programs', version }));
  writeFileSync(join(directory, 'bin/program'), 'text');
  chmodSync(join(directory, 'bin/program'), 0o700);
  chmodSync(checkout, mode);
  onTestFinished(() => rmSync(checkout, { recursive: true, force: true }));
  return directory;
}

test('a package that everybody can reach is where it is', () => {
  const directory = packageIn(0o755, '1.0.0');
  expect(reachable(directory)).toBe(directory);
});

test('of a package in a directory that its owner alone may enter there is one copy for all, that all may read and run', () => {
  const version = `1.0.0-${process.pid}`;
  const copy = reachable(packageIn(0o700, version));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));

  expect(readFileSync(join(copy, 'bin/program'), 'utf8')).toBe('text');
  for (const path of [copy, join(copy, 'bin'), join(copy, 'bin/program')])
    expect(statSync(path).mode & 0o077, path).toBe(0o055);
  expect(reachable(packageIn(0o700, version))).toBe(copy);
});

test('a copy that others may write to is not run', () => {
  const version = `1.0.1-${process.pid}`;
  const copy = reachable(packageIn(0o700, version));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  chmodSync(copy, 0o777);
  expect(() => reachable(packageIn(0o700, version))).toThrow(
    `${copy} is somebody else's, or others may write to it`,
  );
});
