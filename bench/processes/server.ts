import { cores } from './cores.ts';
import { type PinnedProcess, startPinned } from './pinned.ts';

/** A server that load can be put on. */
export interface ServerProcess {
  readonly pid: number;
  /** TCP, `host:port`. */
  readonly address: string;
  /** `unix:/path`. */
  readonly unixAddress: string;
  /** `host:port` of the HTTP listener; empty where there is none. */
  readonly httpAddress: string;
  /** From the moment it was started until its word that it is ready was read here, in milliseconds. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Arguments to node: the program and what follows. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface ReadyLine {
  readonly grpc: readonly string[];
  readonly http: string;
}

/** Starts a Node server on the server's core; ready when it has said so. Rejects with its last words if it ends before. */
export async function startServer({ args, env = {} }: ServerOptions): Promise<ServerProcess> {
  const began = performance.now();
  const server: PinnedProcess = startPinned({
    core: cores.server,
    command: [process.execPath, ...args],
    env,
  });
  const ready = await server.line(readyLine);
  const readyMs = performance.now() - began;
  const { pid, stop } = server;
  return {
    pid,
    address: ready.grpc.find((each) => !each.startsWith('unix:')) ?? '',
    unixAddress: ready.grpc.find((each) => each.startsWith('unix:')) ?? '',
    httpAddress: ready.http,
    readyMs,
    stop,
  };
}

function readyLine(line: string): ReadyLine | undefined {
  if (!line.startsWith('{')) return undefined;
  const entry = JSON.parse(line) as { msg?: unknown; grpc?: readonly string[]; http?: string };
  return entry.msg === 'ready' ? { grpc: entry.grpc ?? [], http: entry.http ?? '' } : undefined;
}
