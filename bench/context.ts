import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEcho } from './processes/echo.ts';
import { type LoadProcess, startLoad } from './processes/load.ts';
import { startRedis } from './processes/redis.ts';
import { startSidecar } from './processes/sidecar.ts';
import type { Figure, Row, RowContext } from './rows/row.ts';

export interface RunRowOptions extends Pick<RowContext, 'rounds' | 'scale'> {
  /** Where CPU profiles of the sidecars go. Default: none are made. */
  readonly profiles?: string | undefined;
}

/** Runs a row with processes of its own, none of which outlives it. */
export async function runRow(row: Row, { rounds, scale, profiles }: RunRowOptions): Promise<Figure> {
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
    return await row.run({
      rounds,
      scale,
      load,
      emptyCompileCache,
      startSidecar(options) {
        sidecars += 1;
        const profile =
          profiles === undefined ? undefined : { directory: profiles, name: `${row.name}-${sidecars}` };
        return kept(startSidecar({ compileCache, ...options, ...(profile && { profile }) }));
      },
      startEcho: (options) => kept(startEcho(options)),
      startRedis: () => kept(startRedis()),
    });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}
