import type { Mix } from '../load/messages.ts';
import type { Spread } from '../measure/statistics.ts';
import type { ServerProcess } from '../processes/server.ts';
import type { SidecarOptions } from '../processes/sidecar-config.ts';
import type { RowContext } from '../rows/row.ts';

/** What remora costs as one number grows, everything else being equal. */
export interface Curve {
  /** As `--curve` names it, and its file. */
  readonly name: string;
  /** What grows. */
  readonly title: string;
  /** What a point is at, under the axis and in a sentence. */
  readonly xTitle: string;
  /** What is the same at every point, and how what grows was made. */
  readonly conditions: string;
  /** Ascending. */
  readonly xs: readonly number[];
  /** Whether selections are measured by themselves too; their leases stay open meanwhile. */
  readonly selectionsAlone: boolean;
  at(x: number): PointSetup;
}

export interface PointSetup {
  readonly sidecar: SidecarOptions;
  /** What is asked for while it is measured. */
  readonly mix: Mix;
  /** Makes what there has to be `x` of, by calls as callers make them. Throws where that is not what came of it. */
  prepare?(context: Pick<RowContext, 'load' | 'scale'>, server: ServerProcess): Promise<void>;
}

/** What was measured at one point. */
export interface CurvePoint {
  readonly x: number;
  readonly unary: SideFigures;
  readonly route: SideFigures;
  /** SelectAccount by itself, on a Route stream; undefined where it was not measured. */
  readonly select: SideFigures | undefined;
  readonly memoryMb: MemoryFigures;
}

/** Medians over the rounds, and the rounds' spread. */
export interface SideFigures {
  readonly callsPerSecond: number;
  readonly callsSpread: Spread;
  readonly cpuMicros: number;
  readonly cpuSpread: Spread;
  /** Of its core, 0 to 1. */
  readonly serverShare: number;
  readonly clientShare: number;
  readonly othersShare: number;
}

/** Resident memory, in megabytes. */
export interface MemoryFigures {
  /** As it was ready, before any call. */
  readonly ready: number;
  /** Right after the last call. */
  readonly loaded: number;
  /** Some seconds later. */
  readonly settled: number;
}
