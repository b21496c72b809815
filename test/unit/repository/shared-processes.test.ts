import { matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { sharing } from '../../../vitest.config.ts';
import { importsOf, type SourceFile, sourceFiles } from './source-files.ts';

const files = new Map(sourceFiles('test').map((file) => [file.path, file]));
/** A hook outside any function and any suite. Such a module loads once in a process, so its hook is that of one file of tests. */
const hooks = /^(?:before|after)(?:Each|All)\(/m;

/** What a file of tests loads of `test`. */
function loaded(file: SourceFile, seen = new Set<SourceFile>()): Set<SourceFile> {
  for (const path of importsOf(file)) {
    const imported = files.get(path);
    if (imported === undefined || seen.has(imported)) continue;
    seen.add(imported);
    loaded(imported, seen);
  }
  return seen;
}

const hooked = (file: SourceFile) => [...loaded(file)].filter(({ text }) => hooks.test(text));

test('tests that share a process load nothing that cleans up in hooks of its own', () => {
  const shared = [...files.values()].filter(({ path }) => matchesGlob(path, sharing));
  expect(shared.length).toBeGreaterThan(100);
  expect(shared.filter((file) => hooked(file).length > 0).map(({ path }) => path)).toEqual([]);
});

test('which would be seen, through other files too', () => {
  const paths = hooked(files.get('test/integration/fleet-postgres.test.ts')!).map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['test/support/fleet.ts', 'test/support/sidecar-process.ts']));
});
