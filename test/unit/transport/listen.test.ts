import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bind, ListenError } from '../../../src/transport/listen.ts';

function server(): Server {
  const made = createServer();
  onTestFinished(() => void made.close());
  return made;
}

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'remora-listen-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

const setting = 'listen.grpc';

test('port 0 gives an address with a port', async () => {
  expect(await bind(server(), { address: '127.0.0.1:0', setting })).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
});

test('a taken port is told in one line with the setting and the address', async () => {
  const address = await bind(server(), { address: '127.0.0.1:0', setting });
  const refusal = bind(server(), { address, setting });
  await expect(refusal).rejects.toThrow(ListenError);
  await expect(refusal).rejects.toThrow(
    `listen.grpc: cannot listen on ${address}: the address is in use by another process`,
  );
});

test('what is no address is told', async () => {
  await expect(bind(server(), { address: 'nonsense', setting: 'listen.http' })).rejects.toThrow(
    'listen.http: "nonsense" is neither host:port nor unix:/path',
  );
});

test('a socket file that a dead process left is taken over', async () => {
  const path = join(directory(), 's.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(existsSync(path)).toBe(true);
  expect(await bind(server(), { address: `unix:${path}`, setting })).toBe(`unix:${path}`);
});

test('a socket that somebody serves is not', async () => {
  const address = `unix:${join(directory(), 's.sock')}`;
  const first = server();
  await bind(first, { address, setting });
  await expect(bind(server(), { address, setting })).rejects.toThrow('the address is in use');
  expect(first.listening).toBe(true);
});

test('a file that is no socket is left alone', async () => {
  const path = join(directory(), 'notes');
  writeFileSync(path, 'precious');
  await expect(bind(server(), { address: `unix:${path}`, setting })).rejects.toThrow('the file is no socket');
  expect(existsSync(path)).toBe(true);
});

test('a missing directory is told', async () => {
  const address = `unix:${join(directory(), 'missing', 's.sock')}`;
  await expect(bind(server(), { address, setting })).rejects.toThrow(
    /directory does not exist|permission denied/,
  );
});
