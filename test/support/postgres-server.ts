import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { embeddedPostgres, host, user } from '../../bench/processes/embedded-postgres.ts';
import { freePort } from '../../bench/processes/free-port.ts';

/** A real PostgreSQL 18 of this test file alone, on a free port. Ready in 0.7 s; a suite that starts one needs no other's. */
export interface PostgresServer {
  /** Of a schema that nobody has used; its tables are made by whoever opens it first. */
  schemaUrl(): string;
  /** A connection for the test's own questions, closed with the server. Its search_path is the URL's schema. */
  client(url: string): Promise<Client>;
  /** Shuts down as an operator does: connections are ended, data is kept. */
  stop(): Promise<void>;
  /** Kills it, as the kernel does when memory is short. */
  kill(): Promise<void>;
  /** Starts it again after `stop` or `kill`, on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it for good and removes its files. */
  close(): Promise<void>;
}

/** Starts a server. It allows everyone in from this machine, and loses data only in a power cut. */
export async function startPostgres(): Promise<PostgresServer> {
  const log: string[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'remora-postgres-'));
  const port = await freePort();
  const flags = ['-c', 'max_connections=60'];
  const server = await embeddedPostgres({ directory, port, flags, log: (line) => log.push(line) });
  const clients = new Set<Client>();
  let schemas = 0;
  let running = false;
  const start = async (): Promise<void> => {
    // Right after a kill the former server's children may still hold its memory.
    for (let attempt = 1; !running; attempt += 1) {
      try {
        await server.start();
        running = true;
      } catch (error) {
        if (attempt === 50) throw error ?? new Error(log.join(''));
        await setTimeout(100);
      }
    }
  };
  const stop = async (): Promise<void> => {
    if (running) await server.stop();
    running = false;
  };
  await server.initialise();
  await start();
  return {
    schemaUrl() {
      schemas += 1;
      return `postgres://${user}:${user}@${host}:${port}/postgres?schema=test_${schemas}`;
    },
    async client(url) {
      const { searchParams } = new URL(url);
      const client = new Client({
        ...{ host, port, user, password: user, database: 'postgres' },
        options: `-c search_path=${searchParams.get('schema')}`,
      });
      client.on('error', () => {});
      await client.connect();
      clients.add(client);
      return client;
    },
    stop,
    async kill() {
      const pid = Number(readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[0]);
      process.kill(pid, 'SIGKILL');
      while (isAlive(pid)) await setTimeout(5);
      running = false;
    },
    start,
    async close() {
      await Promise.allSettled([...clients].map((client) => client.end()));
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
