import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The ports with a contract, and the function that holds an adapter to it. */
const contracts = { StateStore: 'stateStoreContract', Ledger: 'ledgerContract' } as const;

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const sources = globSync('src/adapters/*/**/*.ts', { cwd: root });
const tests = globSync('test/contract/*.test.ts', { cwd: root }).map(read);

/** The folder of each adapter, `src/adapters/x`, that has a class for the port. */
function foldersOf(port: string): ReadonlySet<string> {
  const implementing = new RegExp(`implements [^{]*\\b${port}\\b`);
  const found = sources.filter((path) => implementing.test(read(path)));
  return new Set(found.map((path) => path.split('/').slice(0, 3).join('/')));
}

/** Whether a contract test calls the port's contract and imports from the folder. */
function isBound(folder: string, contract: string): boolean {
  const from = relative(dirname('test/contract/any.test.ts'), folder);
  return tests.some((text) => text.includes(`${contract}(`) && text.includes(`from '${from}/`));
}

describe('every adapter', () => {
  it.each(Object.entries(contracts))('of %s is bound to %s', (port, contract) => {
    const folders = [...foldersOf(port)];
    expect(folders).not.toEqual([]);
    expect(folders.filter((folder) => !isBound(folder, contract))).toEqual([]);
  });

  it('that is known is found, and one without a test is not bound', () => {
    expect(foldersOf('StateStore')).toContain('src/adapters/memory');
    expect(foldersOf('Ledger')).toContain('src/adapters/sqlite');
    expect(isBound('src/adapters/memory', 'stateStoreContract')).toBe(true);
    expect(isBound('src/adapters/memory', 'ledgerContract')).toBe(false);
    expect(isBound('src/adapters/none', 'stateStoreContract')).toBe(false);
  });
});
