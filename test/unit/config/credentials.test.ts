import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CredentialReading, Secret } from '../../../src/catalog/credential.ts';
import { CredentialReader } from '../../../src/config/credentials.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'remora-credentials-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const shown = (reading: CredentialReading) =>
  'secret' in reading ? reading.secret.reveal() : reading.problem;

test('a value, a variable and a file each give their secret', () => {
  const path = join(directory, 'key');
  writeFileSync(path, ' two words \r\n\n');
  const reader = new CredentialReader({ KEY: 'from-env' });
  expect(shown(reader.read({ kind: 'value', secret: new Secret('literal') }))).toBe('literal');
  expect(shown(reader.read({ kind: 'env', name: 'KEY' }))).toBe('from-env');
  expect(shown(reader.read({ kind: 'file', path }))).toBe(' two words ');
});

test('what is missing or empty is a problem that names the place', () => {
  const path = join(directory, 'key');
  writeFileSync(path, '\n');
  const reader = new CredentialReader({ EMPTY: '' });
  expect(shown(reader.read({ kind: 'env', name: 'NOPE' }))).toBe('environment variable NOPE is not set');
  expect(shown(reader.read({ kind: 'env', name: 'EMPTY' }))).toBe('environment variable EMPTY is empty');
  expect(shown(reader.read({ kind: 'file', path }))).toBe(`${path} is empty`);
  expect(shown(reader.read({ kind: 'file', path: `${path}x` }))).toBe(`${path}x does not exist`);
});

test('a file is read once, and again at a refresh, which tells whether it changed', () => {
  const path = join(directory, 'key');
  writeFileSync(path, 'one');
  const reader = new CredentialReader({});
  const read = () => shown(reader.read({ kind: 'file', path }));
  expect(read()).toBe('one');
  writeFileSync(path, 'two');
  expect(read()).toBe('one');
  expect(reader.refresh()).toBe(true);
  expect(read()).toBe('two');
  expect(reader.refresh()).toBe(false);
  rmSync(path);
  expect(reader.refresh()).toBe(true);
  expect(read()).toBe(`${path} does not exist`);
});

test('a file that is no longer declared is forgotten', () => {
  const path = join(directory, 'key');
  writeFileSync(path, 'one');
  const reader = new CredentialReader({});
  reader.read({ kind: 'file', path });
  reader.keepOnly(new Set());
  writeFileSync(path, 'two');
  expect(reader.refresh()).toBe(false);
});
