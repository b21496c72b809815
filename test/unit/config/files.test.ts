import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkConfig } from '../../../src/config/check.ts';
import { formatFault } from '../../../src/config/fault.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { exampleConfigFile, locateConfig } from '../../../src/config/locate.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'remora-config-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function faults(path: string): readonly string[] {
  const result = loadConfig({ file: path, env: {} });
  return result.ok ? [] : result.faults.map(formatFault);
}

test('a file that is not there is one clear line', () => {
  expect(faults(join(directory, 'no.yaml'))).toEqual([`${directory}/no.yaml: does not exist`]);
});

test('a directory is one clear line', () => {
  expect(faults(directory)).toEqual([`${directory}: is a directory; expected a file`]);
});

test('a pipe is one clear line, without waiting for its other end', () => {
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(faults(pipe)).toEqual([`${pipe}: is not a regular file`]);
});

test('a symbolic link in a circle is one clear line', () => {
  symlinkSync('loop.yaml', join(directory, 'loop.yaml'));
  expect(faults(join(directory, 'loop.yaml'))).toEqual([`${directory}/loop.yaml: can't be read (ELOOP)`]);
});

test('a file of ten megabytes is one clear line', () => {
  const path = file('big.yaml', '#'.repeat(10 * 1024 * 1024));
  expect(faults(path)).toEqual([`${path}: is 10485760 bytes long; at most 8388608 are read`]);
});

test('bytes that are no text are one clear line', () => {
  const path = file('binary.yaml', new Uint8Array([0xff, 0xfe, 0x00, 0x80]));
  expect(faults(path)).toEqual([`${path}: is not UTF-8 text`]);
});

test('a file that may not be read is one clear line', () => {
  const path = file('secret.yaml', 'accounts: []');
  chmodSync(path, 0o000);
  // Root reads everything; there the file is simply valid.
  const expected = process.getuid?.() === 0 ? [] : [`${path}: may not be read by this user`];
  expect(faults(path)).toEqual(expected);
});

test('paths of secrets start at the directory of the file', () => {
  const path = file('remora.yaml', 'accounts: [{id: a, platform: p, credential: {file: secrets/a}}]');
  const result = loadConfig({ file: path, env: {} });
  expect(result.ok && result.config.declaration.accounts[0]?.credentials).toEqual([
    { kind: 'file', path: join(directory, 'secrets/a') },
  ]);
});

test('the file is --config, else REMORA_CONFIG, else ./remora.yaml, else the example', () => {
  const env = { REMORA_CONFIG: '/from/env.yaml' };
  const options = { env, workingDirectory: directory };
  expect(locateConfig({ ...options, argument: 'arg.yaml' })).toEqual({ file: 'arg.yaml', by: 'argument' });
  expect(locateConfig(options)).toEqual({ file: '/from/env.yaml', by: 'environment' });
  expect(locateConfig({ env: {}, workingDirectory: directory })).toEqual({
    file: exampleConfigFile,
    by: 'example',
  });
  const own = file('remora.yaml', '');
  expect(locateConfig({ env: {}, workingDirectory: directory })).toEqual({
    file: own,
    by: 'working_directory',
  });
});

function check(path: string, env: Record<string, string> = {}) {
  let output = '';
  const code = checkConfig(path, env, {
    write: (text) => {
      output += text;
    },
  });
  return { code, lines: output.trimEnd().split('\n') };
}

test('a check of a valid file counts what is in it', () => {
  const path = file('ok.yaml', 'groups: [{id: g}]\naccounts: [{id: a, platform: p, api_keys: [k1, k2]}]');
  expect(check(path)).toEqual({
    code: 0,
    lines: [`${path}: OK: 1 group, 2 accounts, 0 models with fallbacks, 0 prices`],
  });
});

test('a check of a faulty file tells each fault in a line of its own', () => {
  const path = file('bad.yaml', 'log: {level: loud}\nrpm: 1\n');
  const { code, lines } = check(path);
  expect(code).toBe(1);
  expect(lines).toEqual([
    expect.stringContaining(`${path}:1: log.level: is "loud"`),
    expect.stringContaining(`${path}:2: rpm: is not a known key`),
    `${path}: 2 faults`,
  ]);
});

test('a check warns of credentials that can not be read here, and passes', () => {
  mkdirSync(join(directory, 'dir'));
  const path = file(
    'warn.yaml',
    'accounts: [{id: a, platform: p, credential: {env: KEY}}, {id: b, platform: p, credential: {file: dir}}]',
  );
  const warnings = check(path).lines.filter((line) => line.startsWith('warning'));
  expect(warnings).toEqual([
    'warning: account "a" would not serve: credential: environment variable KEY is not set',
    `warning: account "b" would not serve: credential: ${directory}/dir is a directory; expected a file`,
  ]);
  expect(check(path, { KEY: 'k' })).toMatchObject({ code: 0 });
});
