import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../bench/processes/free-port.ts';

interface Ports {
  readonly port: number;
  /** On which the nodes of a cluster talk among themselves. */
  readonly clusterPort: number;
}

/** A real Redis of a test's own, on free ports. */
export interface RedisServer extends Ports {
  readonly url: string;
  /** Stops it as a crash would, or holds it still. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on the same port, with what it had written. */
  restart(): Promise<void>;
  /** A connection for the test to look and meddle with. */
  client(): Redis;
  close(): Promise<void>;
}

/** Starts a Redis that keeps nothing but what `args` tell it to. */
export async function startRedisServer(args: readonly string[] = []): Promise<RedisServer> {
  ensureRedis();
  const directory = mkdtempSync(join(tmpdir(), 'remora-redis-'));
  const clients: Redis[] = [];
  const launch = (ports: Ports) =>
    launchRedis([
      ...['--port', String(ports.port), '--cluster-port', String(ports.clusterPort)],
      ...['--bind', '127.0.0.1', '--dir', directory, '--save', '', ...args],
    ]);
  const { launched, ports } = await onFreePorts(launch);
  let child = launched;

  async function signal(name: NodeJS.Signals): Promise<void> {
    const exited =
      name === 'SIGKILL' && child.exitCode === null && child.signalCode === null
        ? once(child, 'exit')
        : undefined;
    child.kill(name);
    await exited;
  }

  return {
    ...ports,
    url: `redis://127.0.0.1:${ports.port}`,
    signal,
    async restart() {
      await signal('SIGKILL');
      child = await launch(ports);
    },
    client() {
      const client = new Redis(ports.port, '127.0.0.1', { protocol: 2 });
      // What a test does to the server, its own connection sees too.
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.disconnect();
      await signal('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A drawn port can be taken before the server has it: then it is started on others. */
async function onFreePorts(launch: (ports: Ports) => Promise<ChildProcess>) {
  for (let attempt = 1; ; attempt++) {
    const ports = { port: await freePort(), clusterPort: await freePort() };
    try {
      return { launched: await launch(ports), ports };
    } catch (error) {
      if (attempt === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

/** Without redis-server on PATH it is installed where that can be done, else the run fails with what to do. */
function ensureRedis(): void {
  if (isInstalled()) return;
  try {
    execFileSync('apt-get', ['update'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], {
      stdio: 'ignore',
    });
  } catch {
    // Said below, whatever the reason.
  }
  if (!isInstalled())
    throw new Error('these tests need redis-server (7 or newer) on PATH: apt-get install redis-server');
}

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Resolves once it serves; rejects with what it printed where it ends instead. */
async function launchRedis(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended: ${printed}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.includes('Ready to accept connections')) resolve();
    });
  });
  child.stdout.removeAllListeners('data').resume();
  return child;
}
