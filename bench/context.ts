import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEcho } from './processes/echo.ts';
import { type LoadProcess, startLoad } from './processes/load.ts';
import { startPostgres } from './processes/postgres.ts';
import { startRedis } from './processes/redis.ts';
import { startSidecar } from './processes/sidecar.ts';
import type { RowContext } from './rows/row.ts';

export interface ProcessesOptions extends Pick<RowContext, 'rounds' | 'scale'> {
  /** Where CPU profiles of the sidecars go. Default: none are made. */
  readonly profiles?: string | undefined;
  /** What is measured; profiles are named after it. */
  readonly name: string;
}

/** Measures with processes of its own, none of which outlives it. */
export async function withProcesses<Result>(
  { name, rounds, scale, profiles }: ProcessesOptions,
  measure: (context: RowContext) => Promise<Result>,
): Promise<Result> {
  const stops: (() => Promise<void> | void)[] = [];
  const load: LoadProcess = startLoad();
  stops.push(load.stop);
  const emptyCompileCache = (): string => {
    const directory = mkdtempSync(join(tmpdir(), 'remora-compiled-'));
    stops.push(() => rmSync(directory, { recursive: true, force: true }));
    return directory;
  };
  const compileCache = emptyCompileCache();
  let sidecars = 0;
  const kept = async <Process extends { stop(): Promise<void> }>(starting: Promise<Process>) => {
    const started = await starting;
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopping ??= started.stop();
      return stopping;
    };
    stops.push(stop);
    return { ...started, stop };
  };
  try {
    return await measure({
      rounds,
      scale,
      load,
      emptyCompileCache,
      startSidecar(options) {
        sidecars += 1;
        const profile =
          profiles === undefined ? undefined : { directory: profiles, name: `${name}-${sidecars}` };
        return kept(startSidecar({ compileCache, ...options, ...(profile && { profile }) }));
      },
      startEcho: (options) => kept(startEcho(options)),
      startRedis: () => kept(startRedis()),
      startPostgres: () => kept(startPostgres()),
    });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}
