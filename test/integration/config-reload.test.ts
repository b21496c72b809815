import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { YamlCatalog } from '../../src/adapters/yaml/catalog.ts';
import type { CatalogChange } from '../../src/catalog/catalog.ts';
import { type Fault, formatFault } from '../../src/config/fault.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ReloadResult } from '../../src/ports/catalog-source.ts';
import { type Clock, systemClock } from '../../src/ports/clock.ts';
import { manualClock } from '../support/manual-clock.ts';

const oneAccount = 'accounts: [{id: a, platform: p}]\n';
const twoAccounts = 'accounts: [{id: a, platform: p}, {id: b, platform: p}]\n';

let directory: string;
let path: string;
const open: YamlCatalog[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'remora-reload-'));
  path = join(directory, 'remora.yaml');
});
afterEach(() => {
  for (const catalog of open.splice(0)) catalog.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A catalog of the text, everything it tells, and a promise of the next reload. */
function follow(text: string, options: { clock?: Clock; env?: Record<string, string> } = {}) {
  writeFileSync(path, text);
  return followFile(options);
}

function followFile({
  clock = manualClock(),
  env = {},
}: {
  clock?: Clock;
  env?: Record<string, string>;
} = {}) {
  const loaded = loadConfig({ file: path, env });
  if (!loaded.ok) throw new Error(loaded.faults.map(formatFault).join('\n'));
  const lines: string[] = [];
  const reloads: { readonly result: ReloadResult; readonly faults: readonly Fault[] }[] = [];
  const waiting: ((result: ReloadResult) => void)[] = [];
  const at = (level: string) => (_fields: Record<string, unknown>, message: string) => {
    lines.push(`${level} ${message}`);
  };
  const catalog = new YamlCatalog({
    config: loaded.config,
    env,
    clock,
    log: { info: at('info'), warn: at('warn'), error: at('error') },
    onReload(result, faults) {
      reloads.push({ result, faults });
      for (const wake of waiting.splice(0)) wake(result);
    },
  });
  open.push(catalog);
  const changes: CatalogChange[] = [];
  catalog.holder.onChange((change) => changes.push(change));
  const ids = () => [...catalog.holder.current().accounts.keys()];
  const nextReload = () => new Promise<ReloadResult>((resolve) => waiting.push(resolve));
  return { catalog, lines, reloads, changes, ids, nextReload };
}

describe('a reload', () => {
  test('replaces the catalog whole, with the next version', () => {
    const { catalog, reloads, changes, ids } = follow(oneAccount);
    writeFileSync(path, twoAccounts);
    expect(catalog.reload()).toBe('success');
    expect(ids()).toEqual(['a', 'b']);
    expect(catalog.holder.current().version).toBe(2);
    expect(changes.map(({ touched }) => touched)).toEqual([[{ groupId: '', platform: 'p' }]]);
    expect(reloads).toEqual([{ result: 'success', faults: [] }]);
  });

  test('keeps the last good catalog where the file is not valid, and tells every fault with its path', () => {
    const { catalog, lines, reloads, changes, ids } = follow(oneAccount);
    writeFileSync(path, 'accounts:\n  - {id: b, platform: p, rpm: 1}\n  - {id: b}\n');
    expect(catalog.reload()).toBe('failure');
    expect(ids()).toEqual(['a']);
    expect(changes).toEqual([]);
    expect(lines).toEqual([
      expect.stringMatching(/^error .*remora\.yaml:2: accounts\[0\]\.rpm: is not a known key/),
      expect.stringMatching(/^error .*remora\.yaml:3: accounts\[1\]\.platform: is missing/),
      expect.stringMatching(/^error .*remora\.yaml:3: accounts\[1\]\.id: is "b"/),
      expect.stringMatching(/^error .*the catalog stays as it was/),
    ]);
    expect(reloads.map(({ result, faults }) => [result, faults.length])).toEqual([['failure', 3]]);
    writeFileSync(path, twoAccounts);
    expect(catalog.reload()).toBe('success');
    expect(ids()).toEqual(['a', 'b']);
  });

  test('of a file that is gone keeps the last good catalog', () => {
    const { catalog, ids } = follow(oneAccount);
    rmSync(path);
    expect(catalog.reload()).toBe('failure');
    expect(ids()).toEqual(['a']);
  });

  test('of the same file changes nothing', () => {
    const { catalog, changes, reloads } = follow(oneAccount);
    expect(catalog.reload()).toBe('unchanged');
    expect(changes).toEqual([]);
    expect(reloads.map(({ result }) => result)).toEqual(['unchanged']);
  });

  test('takes in the catalog and names the rest that needs a restart', () => {
    const { catalog, lines, ids } = follow(oneAccount);
    writeFileSync(path, `${twoAccounts}listen: {http: "127.0.0.1:1"}\nscheduling: {tier_fallback: true}\n`);
    expect(catalog.reload()).toBe('success');
    expect(ids()).toEqual(['a', 'b']);
    expect(lines[0]).toBe('warn a restart is needed for what changed in listen, scheduling');
  });
});

describe('a changed file', () => {
  /** Writes as editors and Kubernetes do: a new file in the old one's place. */
  function replaceFile(text: string): void {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  test.each([
    ['written in place', (text: string) => writeFileSync(path, text)],
    ['replaced by another file', replaceFile],
  ])('is taken in when it is %s', async (_how, write) => {
    const { catalog, nextReload, ids } = follow(oneAccount, { clock: systemClock });
    catalog.start();
    for (const [text, expected] of [
      [twoAccounts, ['a', 'b']],
      [oneAccount, ['a']],
    ] as const) {
      const reloaded = nextReload();
      write(text);
      expect(await reloaded).toBe('success');
      expect(ids()).toEqual(expected);
    }
  });

  test('is taken in when a symbolic link on the way to it moves, as a ConfigMap does', async () => {
    for (const [name, text] of [
      ['v1', oneAccount],
      ['v2', twoAccounts],
    ] as const) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'remora.yaml'), text);
    }
    symlinkSync('v1', join(directory, '..data'));
    symlinkSync('..data/remora.yaml', path);
    const { catalog, nextReload, ids } = followFile({ clock: systemClock });
    catalog.start();
    const reloaded = nextReload();
    symlinkSync('v2', join(directory, '..new'));
    renameSync(join(directory, '..new'), join(directory, '..data'));
    expect(await reloaded).toBe('success');
    expect(ids()).toEqual(['a', 'b']);
  });

  test('is found by looking where no event comes, once it has settled', () => {
    const clock = manualClock();
    const { catalog, reloads, ids } = follow(oneAccount, { clock });
    catalog.start();
    writeFileSync(path, twoAccounts);
    clock.advance(5_000);
    expect(reloads).toEqual([]);
    clock.advance(100);
    expect(reloads.map(({ result }) => result)).toEqual(['success']);
    expect(ids()).toEqual(['a', 'b']);
  });

  test('is left alone while it is still being written', () => {
    const clock = manualClock();
    const { catalog, reloads } = follow(oneAccount, { clock });
    catalog.start();
    writeFileSync(path, 'accounts: [{id: a, ');
    clock.advance(5_000);
    clock.advance(50);
    writeFileSync(path, twoAccounts);
    clock.advance(50);
    expect(reloads).toEqual([]);
    clock.advance(100);
    expect(reloads.map(({ result }) => result)).toEqual(['success']);
  });

  test('is not told twice, and nothing is told once the catalog is closed', () => {
    const clock = manualClock();
    const { catalog, reloads } = follow(oneAccount, { clock });
    catalog.start();
    writeFileSync(path, twoAccounts);
    clock.advance(60_000);
    expect(reloads).toHaveLength(1);
    catalog.close();
    writeFileSync(path, oneAccount);
    clock.advance(60_000);
    expect(reloads).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('between load and start is not missed', () => {
    const { catalog, ids } = follow(oneAccount);
    writeFileSync(path, twoAccounts);
    catalog.start();
    expect(ids()).toEqual(['a', 'b']);
  });
});

describe('a secret file', () => {
  const text = 'accounts: [{id: a, platform: p, credential: {file: key}}, {id: b, platform: p}]\n';

  test('that can not be read puts its account out of service, loudly, and brings it back when it can', () => {
    const clock = manualClock();
    const { catalog, lines, changes } = follow(text, { clock });
    const account = () => catalog.holder.current().accounts.get('a');
    const problem = `credential: ${directory}/key does not exist`;
    expect(account()).toMatchObject({ status: 'error', statusReason: problem });
    expect(catalog.holder.current().accounts.get('b')?.status).toBe('active');
    expect(lines).toEqual([`error the account is out of service: ${problem}`]);
    writeFileSync(join(directory, 'key'), 'sk-1\n');
    clock.advance(30_100);
    expect(account()).toMatchObject({ status: 'active', statusReason: '' });
    expect(account()?.credential?.reveal()).toBe('sk-1');
    expect(lines[1]).toMatch(/^info the account is back in service/);
    expect(changes.map(({ touched }) => touched)).toEqual([[{ groupId: '', platform: 'p' }]]);
  });

  test('that changes gives its new secret, and touches nothing that is cached', () => {
    const clock = manualClock();
    writeFileSync(join(directory, 'key'), 'sk-1\n');
    const { catalog, changes, reloads } = follow(text, { clock });
    writeFileSync(join(directory, 'key'), 'sk-22\n');
    clock.advance(30_100);
    expect(catalog.holder.current().accounts.get('a')?.credential?.reveal()).toBe('sk-22');
    expect(changes.map(({ touched }) => touched)).toEqual([[]]);
    expect(reloads).toEqual([]);
  });

  test('is read again at a reload, although the configuration is the same', () => {
    writeFileSync(join(directory, 'key'), 'sk-1');
    const { catalog } = follow(text);
    writeFileSync(join(directory, 'key'), 'sk-2');
    expect(catalog.reload()).toBe('unchanged');
    expect(catalog.holder.current().accounts.get('a')?.credential?.reveal()).toBe('sk-2');
  });

  test('is watched through its directory', async () => {
    writeFileSync(join(directory, 'key'), 'sk-1');
    const { catalog } = follow(text, { clock: systemClock });
    const changed = new Promise<CatalogChange>((resolve) => {
      catalog.holder.onChange(resolve);
    });
    writeFileSync(join(directory, 'key'), 'sk-2');
    expect((await changed).after.accounts.get('a')?.credential?.reveal()).toBe('sk-2');
  });

  test('of a disabled account is no alarm', () => {
    const { lines } = follow(text.replace('platform: p,', 'platform: p, status: disabled,'));
    expect(lines).toEqual([]);
  });

  test('never shows in what is logged', () => {
    const clock = manualClock();
    writeFileSync(join(directory, 'key'), 'SECRET-1');
    const { catalog, lines } = follow(text, { clock });
    for (const wrong of [
      '{file: key, SECRET-2: x}',
      'SECRET-3',
      '{value: *SECRET-4}',
      '"SECRET-5" "SECRET-6"',
    ]) {
      writeFileSync(path, text.replace('{file: key}', wrong));
      expect(catalog.reload()).toBe('failure');
    }
    rmSync(join(directory, 'key'));
    clock.advance(30_100);
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.join('\n')).not.toContain('SECRET');
  });
});
