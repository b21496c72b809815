import { existsSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { type ListenAddress, parseListenAddress } from '../config/address.ts';

/** A listener could not be opened. The message is one line that names the setting and the address. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface BindOptions {
  /** As `parseListenAddress` reads it. */
  readonly address: string;
  /** The setting it comes from, for the message: `listen.grpc`. */
  readonly setting: string;
}

/** Opens a listener and answers with the address it has, its port known. Rejects with a ListenError. */
export async function bind(server: Server, { address, setting }: BindOptions): Promise<string> {
  const target = parseListenAddress(address);
  if (target === undefined) {
    throw new ListenError(`${setting}: "${address}" is neither host:port nor unix:/path`);
  }
  if (target.kind === 'unix') await removeStaleSocket(target.path, { address, setting });
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(new ListenError(`${setting}: cannot listen on ${address}: ${reasonOf(error, target)}`));
    server.once('error', onError);
    server.listen(
      target.kind === 'unix' ? { path: target.path } : { host: target.host, port: target.port },
      () => {
        server.off('error', onError);
        resolve();
      },
    );
  });
  return boundAddress(server);
}

function boundAddress(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return `unix:${bound}`;
  return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`;
}

function reasonOf(error: NodeJS.ErrnoException, target: ListenAddress): string {
  // For a UNIX socket a directory that is not there comes as EACCES, too.
  if (target.kind === 'unix' && !existsSync(dirname(target.path))) return 'its directory does not exist';
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the address is in use by another process';
    case 'EACCES':
      return 'permission denied';
    case 'EADDRNOTAVAIL':
      return 'the host is no address of this machine';
    case 'ENOTFOUND':
      return 'the host is not known';
    default:
      return error.code ?? 'unknown error';
  }
}

/**
 * A process that was killed leaves its socket's file behind, and the next one could not listen. The file goes if nobody
 * answers at it; if somebody does, or it is no socket, it stays and listening on it fails.
 */
async function removeStaleSocket(path: string, { address, setting }: BindOptions): Promise<void> {
  const file = await lstat(path).catch(() => undefined);
  if (file === undefined) return;
  if (!file.isSocket())
    throw new ListenError(`${setting}: cannot listen on ${address}: the file is no socket`);
  if (await refusesConnections(path)) await unlink(path).catch(() => undefined);
}

function refusesConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
