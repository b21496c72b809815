import { describe, expect, test } from 'vitest';
import { importsOf, type SourceFile, sourceFiles } from './source-files.ts';

/**
 * What each part of src may import beside itself: other parts, packages, Node's modules. A request comes in at the transport, is
 * decided by code that does no I/O, and goes out through ports; there is no way back.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/main.js': ['src/cli.ts', 'src/node-options.js', 'node:os', 'node:path'],
  'src/node-options.js': [],
  'src/cli.ts': ['src/serve.ts', 'src/config', 'node:'],
  'src/idle-collection.ts': ['src/ports', 'node:'],
  'src/parent.ts': ['node:fs'],
  'src/serve.ts': [
    'src/app.ts',
    'src/config',
    'src/idle-collection.ts',
    'src/parent.ts',
    'src/ports',
    'src/telemetry',
    'src/transport',
    'node:crypto',
  ],
  // The only one that knows every adapter.
  'src/stores.ts': ['src/adapters', 'src/config', 'src/ports', 'src/telemetry', 'node:path'],
  'src/app.ts': [
    'src/stores.ts',
    'src/caching',
    'src/config',
    'src/ports',
    'src/routing',
    'src/selection',
    'src/telemetry',
    'src/transport',
  ],
  'src/config': ['src/catalog', 'src/failover', 'node:', 'fastest-levenshtein', 'valibot', 'yaml'],
  'src/transport': [
    'src/catalog',
    'src/collections',
    'src/config/address.ts',
    'src/config/settings.ts',
    'src/failover/failure.ts',
    'src/ports',
    'src/routing',
    'src/telemetry',
    'gen',
    'node:',
    '@bufbuild/protobuf',
    '@connectrpc',
    '@grpc',
  ],
  'src/routing': [
    'src/caching',
    'src/catalog',
    'src/config/settings.ts',
    'src/failover',
    'src/ports',
    'src/selection',
    'src/telemetry',
    'lru-cache',
    'node:crypto',
  ],
  'src/caching': ['src/catalog', 'src/ports', 'src/telemetry', 'lru-cache', 'node:util'],
  'src/catalog': ['node:util'],
  'src/selection': ['src/catalog', 'src/collections', 'src/failover', 'src/ports'],
  'src/failover': [],
  // Ports are types, in the words of these.
  'src/ports': ['src/catalog', 'src/failover', 'src/selection'],
  'src/telemetry': ['src/failover', 'src/ports', 'src/selection', 'pino', 'prom-client'],
  'src/adapters/memory': ['src/collections', 'src/failover', 'src/ports', 'src/selection'],
  'src/adapters/postgres': ['src/catalog', 'src/config', 'src/ports', 'src/telemetry', 'node:', 'pg'],
  // Goes on from state in the process while the shared store is away.
  'src/adapters/redis': [
    'src/adapters/memory',
    'src/collections',
    'src/config/redis-url.ts',
    'src/failover',
    'src/ports',
    'src/selection',
    'src/telemetry',
    'node:',
    'ioredis',
    'lru-cache',
  ],
  'src/adapters/sqlite': ['src/ports', 'node:'],
  'src/collections': [],
  'src/adapters/yaml': ['src/catalog', 'src/config', 'src/ports', 'node:'],
};

const parts = Object.keys(allowed);
const isIn = (path: string, place: string): boolean =>
  path === place || path.startsWith(place.endsWith(':') ? place : `${place}/`);
const partOf = (path: string): string | undefined => parts.find((part) => isIn(path, part));

/** A line for each import that the table does not allow. */
function strays(file: SourceFile): string[] {
  const part = partOf(file.path);
  if (part === undefined)
    return [`${file.path} is in no part that this test knows: add the part to its table`];
  const places = [part, ...(allowed[part] ?? [])];
  return importsOf(file)
    .filter((imported) => !places.some((place) => isIn(imported, place)))
    .map((imported) => `${file.path} imports ${imported}, but ${part} may import ${places.join(', ')} alone`);
}

const files = sourceFiles('src');

describe('the direction of imports', () => {
  test('holds in every file', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap(strays)).toEqual([]);
  });

  test('leads to the adapters from src/stores.ts alone', () => {
    const importers = files.filter(
      (file) =>
        !isIn(file.path, 'src/adapters') &&
        importsOf(file).some((imported) => isIn(imported, 'src/adapters')),
    );
    expect(importers.map(({ path }) => path)).toEqual(['src/stores.ts']);
  });

  test('keeps the parts that decide free of I/O', () => {
    const deciding = files.filter(({ path }) => isIn(path, 'src/selection') || isIn(path, 'src/failover'));
    const outside = deciding.flatMap((file) => importsOf(file).filter((imported) => !isIn(imported, 'src')));
    expect(deciding.length).toBeGreaterThan(20);
    expect(outside).toEqual([]);
  });

  test('of modules whose exports load much more is by name, in all that a start loads', () => {
    const onDemand = ['src/adapters/redis', 'src/adapters/postgres'];
    const values = /^import (?!type )[^;]*? from 'node:(?:http|crypto)';/m;
    const atStart = files.filter(({ path }) => !onDemand.some((part) => isIn(path, part)));
    expect(atStart.filter(({ text }) => values.test(text)).map(({ path }) => path)).toEqual([]);
    expect(values.test("import { a } from 'node:b';\nimport { createHash } from 'node:crypto';")).toBe(true);
  });

  test.each([
    ['a driver in a part that decides', 'src/selection/rank.ts', "import { readFileSync } from 'node:fs';"],
    [
      'an adapter outside the composition root',
      'src/routing/a.ts',
      "import { A } from '../adapters/memory/a.ts';",
    ],
    ['an adapter of another', 'src/adapters/yaml/a.ts', "import type { B } from '../sqlite/b.ts';"],
    ['a way back', 'src/failover/a.ts', "import type {\n  A,\n  B,\n} from '../routing/api.ts';"],
    ['a part behind the next', 'src/transport/a.ts', "export * from '../selection/rank.ts';"],
    ['a late import', 'src/catalog/a.ts', "const fs = await import('node:fs');"],
    ['a module asked of Node', 'src/catalog/a.ts', "const fs = process.getBuiltinModule('node:fs');"],
    ['generated code beyond the transport', 'src/routing/a.ts', "import '../../gen/remora/v1/router_pb.ts';"],
    ['a part without a row', 'src/elsewhere/a.ts', ''],
  ])('would tell of %s', (_what, path, text) => {
    expect(strays({ path, text })).toEqual([expect.stringContaining(path)]);
  });
});
