import { once } from 'node:events';
import { connect } from 'node:net';
import { cores } from './cores.ts';
import { freePort } from './free-port.ts';
import { startPinned } from './pinned.ts';

export interface RedisProcess {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a Redis that keeps nothing, on the load's core. Rejects where there is no redis-server to start. */
export async function startRedis(): Promise<RedisProcess> {
  const port = await freePort();
  const redis = startPinned({
    core: cores.load,
    command: [
      'redis-server',
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
    ],
  });
  await redis.line((line) => (line.includes('Ready to accept connections') ? true : undefined));
  return { url: `redis://127.0.0.1:${port}`, port, stop: redis.stop };
}

/** A command as MONITOR told of it. */
export interface MonitoredCommand {
  /** Milliseconds since the epoch, by the machine's clock. */
  readonly atMs: number;
  /** It came from within a script. */
  readonly lua: boolean;
}

export interface Monitor {
  readonly commands: readonly MonitoredCommand[];
  close(): void;
}

/** Listens to every command the server carries out from now on. */
export async function monitorRedis(port: number): Promise<Monitor> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const commands: MonitoredCommand[] = [];
  let rest = '';
  const acknowledged = Promise.withResolvers<void>();
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '+OK') acknowledged.resolve();
      const command = parseMonitorLine(line);
      if (command !== undefined) commands.push(command);
    }
  });
  socket.on('error', acknowledged.reject);
  socket.write('MONITOR\r\n');
  await acknowledged.promise;
  return { commands, close: () => socket.destroy() };
}

/** `+1700000000.123456 [0 127.0.0.1:1234] "GET" "x"`, with `[0 lua]` for what scripts do. Undefined for any other line. */
export function parseMonitorLine(line: string): MonitoredCommand | undefined {
  const match = /^\+(\d+\.\d+) \[\d+ ([^\]]*)\] "/.exec(line);
  return match === null ? undefined : { atMs: Number(match[1]) * 1000, lua: match[2] === 'lua' };
}
