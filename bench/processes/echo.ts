import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServer } from './server.ts';

/** Starts the bare server that is the floor; with `redisUrl` it does a GET for each SelectAccount. */
export async function startEcho({ redisUrl }: { readonly redisUrl?: string } = {}): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'remora-echo-'));
  const listen = ['--listen', '127.0.0.1:0', '--listen', `unix:${join(directory, 'echo.sock')}`];
  const server = await startServer({
    args: ['bench/floors/echo.ts', ...listen, ...(redisUrl === undefined ? [] : ['--redis', redisUrl])],
  });
  return {
    ...server,
    stop: () => server.stop().finally(() => rmSync(directory, { recursive: true, force: true })),
  };
}
