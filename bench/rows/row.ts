import type { Spread } from '../measure/statistics.ts';
import type { LoadProcess } from '../processes/load.ts';
import type { PostgresProcess } from '../processes/postgres.ts';
import type { RedisProcess } from '../processes/redis.ts';
import type { ServerProcess } from '../processes/server.ts';
import type { SidecarOptions } from '../processes/sidecar-config.ts';

/** What a row has to reach. */
export interface Bar {
  readonly kind: 'at_least' | 'at_most';
  readonly value: number;
  /** Empty for a ratio. */
  readonly unit: '' | 'ms' | 'MB';
}

/** What a row came to. */
export type Figure =
  | {
      readonly kind: 'measured';
      readonly value: number;
      /** Of the rounds the value is the median of. */
      readonly spread?: Spread;
      /** Set where something else the row asks for is missed, whatever the value: what that is. */
      readonly missed?: string | undefined;
      /** What stands behind it, a line each. */
      readonly details: readonly string[];
    }
  /** What it measures is not there, which counts as missed. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** One row of the benchmark. */
export interface Row {
  /** As `--row` names it. */
  readonly name: string;
  /** What is measured, in a line. */
  readonly what: string;
  readonly bar: Bar;
  run(context: RowContext): Promise<Figure>;
}

/** What rows measure with. Every process started here is stopped when the row ends, however it ends. */
export interface RowContext {
  /** Rounds of each side. */
  readonly rounds: number;
  /** Lengths of time, and numbers of calls, are multiplied by it: 1 for a figure that counts, less to try the bench itself. */
  readonly scale: number;
  readonly load: LoadProcess;
  startSidecar(options?: SidecarOptions & { readonly compileCache?: string }): Promise<ServerProcess>;
  startEcho(options?: { readonly redisUrl?: string }): Promise<ServerProcess>;
  startRedis(): Promise<RedisProcess>;
  startPostgres(): Promise<PostgresProcess>;
  /** An empty directory for compiled code, that goes with the row. */
  emptyCompileCache(): string;
}

/** Whether the figure reaches the bar. */
export function reaches(bar: Bar, figure: Figure): boolean {
  if (figure.kind === 'unavailable' || figure.missed !== undefined) return false;
  return bar.kind === 'at_least' ? figure.value >= bar.value : figure.value <= bar.value;
}
