import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { parseMonitorLine } from '../../../bench/processes/redis.ts';
import { sidecarConfig } from '../../../bench/processes/sidecar-config.ts';
import { parseMetrics } from '../../../bench/rows/read-metrics.ts';
import { loadConfig } from '../../../src/config/load.ts';

test.each([
  [
    'a command of a client',
    '+1700000000.250000 [0 127.0.0.1:6000] "GET" "x"',
    { atMs: 1_700_000_000_250, lua: false },
  ],
  ['a command of a script', '+1700000000.250000 [0 lua] "GET" "x"', { atMs: 1_700_000_000_250, lua: true }],
  [
    'over a UNIX socket',
    '+1700000000.250000 [3 unix:/tmp/s] "PING"',
    { atMs: 1_700_000_000_250, lua: false },
  ],
  ['the acknowledgement', '+OK', undefined],
])('MONITOR tells of %s', (_what, line, command) => {
  expect(parseMonitorLine(line)).toEqual(command);
});

test('the exposition is read by series', () => {
  const series = parseMetrics('# HELP a b\n# TYPE a counter\na_total 3\nb_total{x="y z"} 4.5\n\n');
  expect([...series]).toEqual([
    ['a_total', 3],
    ['b_total{x="y z"}', 4.5],
  ]);
});

test('the configuration of a measured sidecar is valid', () => {
  const directory = mkdtempSync(join(tmpdir(), 'remora-bench-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'remora.yaml');
  writeFileSync(file, stringify(sidecarConfig(directory, { accounts: 4, groups: 2 })));
  expect(loadConfig({ file, env: {} })).toMatchObject({ ok: true });
  const inDatabase = { databaseUrl: 'postgres://u:p@127.0.0.1:5432/d', catalogInDatabase: true };
  writeFileSync(file, stringify(sidecarConfig(directory, inDatabase)));
  expect(loadConfig({ file, env: {} })).toMatchObject({
    ok: true,
    config: { settings: { catalogSource: 'postgres' } },
  });
});
