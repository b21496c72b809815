import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chart } from '../chart/chart.ts';
import { chartSvg } from '../chart/svg.ts';
import type { Slice } from '../load/paced-job.ts';
import { median } from '../measure/statistics.ts';
import { count } from '../measure/throughput.ts';
import { jsonText } from '../report/json-text.ts';
import { type Machine, machineText } from '../report/machine.ts';
import { afterWarmUp, soakVerdict } from './verdict.ts';

/** Where the state of the soaked sidecar was. */
export type SoakKind = 'embedded' | 'redis';

/** soak-KIND.json: objects alone, slices by the second they ended at. */
export interface SoakRecord {
  readonly at: string;
  readonly machine: Machine;
  readonly kind: SoakKind;
  readonly minutes: number;
  readonly topPairsPerSecond?: number;
  readonly pairsPerSecond: number;
  readonly slices: Readonly<Record<string, Omit<Slice, 'atSeconds'>>>;
}

export function storedSlices(slices: readonly Slice[]): SoakRecord['slices'] {
  return Object.fromEntries(slices.map(({ atSeconds, ...slice }) => [String(Math.round(atSeconds)), slice]));
}

export function slicesOf({ slices }: SoakRecord): readonly Slice[] {
  return Object.entries(slices).map(([at, slice]) => ({ atSeconds: Number(at), ...slice }));
}

/** The verdict on what is stored. */
export function verdictOf(record: SoakRecord) {
  const planned = Math.round(record.pairsPerSecond * record.minutes * 60);
  return soakVerdict(slicesOf(record), planned);
}

/** The name of a soak's picture, beside its JSON. */
export function soakPicture(kind: SoakKind): string {
  return `soak-${kind}.svg`;
}

/** Writes soak-KIND.json and its picture. */
export function writeSoak(directory: string, record: SoakRecord): void {
  mkdirSync(directory, { recursive: true });
  const json = record as unknown as Parameters<typeof jsonText>[0];
  writeFileSync(join(directory, `soak-${record.kind}.json`), jsonText(json));
  writeFileSync(join(directory, soakPicture(record.kind)), chartSvg(soakChart(record)));
}

export function readSoak(directory: string, kind: SoakKind): SoakRecord {
  return JSON.parse(readFileSync(join(directory, `soak-${kind}.json`), 'utf8')) as SoakRecord;
}

const kindText = { embedded: 'embedded', redis: 'with Redis' } as const;

/** Latency and memory over time. */
export function soakChart(record: SoakRecord): Chart {
  const slices = slicesOf(record);
  const axis = { xTitle: 'minutes', xScale: 'linear' } as const;
  const over = (figure: (slice: Slice) => number) =>
    slices.map((slice) => ({ x: slice.atSeconds / 60, y: figure(slice) }));
  return {
    title: `Soak, ${kindText[record.kind]}: ${count(record.pairsPerSecond)} pairs a second for ${record.minutes} minutes`,
    panels: [
      {
        ...axis,
        title: 'SelectAccount latency, ms',
        lines: [
          { name: '99 %', points: over(({ p99 }) => p99) },
          { name: 'median', points: over(({ p50 }) => p50) },
        ],
      },
      {
        ...axis,
        title: 'resident memory, MB',
        lines: [{ name: 'server', points: over(({ serverRssMb }) => serverRssMb) }],
      },
    ],
  };
}

/** What the soak came to, a line each. */
export function soakLines(record: SoakRecord): readonly string[] {
  const slices = slicesOf(record);
  const { p99, memory, errors, missed } = verdictOf(record);
  const selections = slices.reduce((sum, slice) => sum + slice.selections, 0);
  const counted = afterWarmUp(slices);
  const middle = (figure: (slice: Slice) => number) =>
    counted.length === 0 ? Number.NaN : median(counted.map(figure));
  const { topPairsPerSecond: top } = record;
  const ofTop =
    top === undefined ? '' : `, ${Math.round((100 * record.pairsPerSecond) / top)} % of the top rate`;
  const moved = (drift: number) => `${drift >= 0 ? '+' : ''}${(drift * 100).toFixed(1)} %`;
  return [
    `${count(record.pairsPerSecond)} pairs a second for ${record.minutes} minutes${ofTop}: ${count(selections)} selections and as many reports, ${errors} errors`,
    `SelectAccount, from the moment it was to be sent, medians over ${counted.length} slices of ${Math.round(middle(({ seconds }) => seconds))} s: 50 % ${ms(middle(({ p50 }) => p50))}, 99 % ${ms(middle(({ p99: each }) => each))}, 99.9 % ${ms(middle(({ p999 }) => p999))}`,
    `99 %: ${ms(p99.first)} in the first third, ${ms(p99.last)} in the last, drift ${moved(p99.drift)}`,
    `memory: ${memory.first.toFixed(0)} MB in the first third, ${memory.last.toFixed(0)} MB in the last, drift ${moved(memory.drift)}`,
    `the client sent 99 % of its calls at most ${ms(middle(({ sentLateP99 }) => sentLateP99))} late; the server took ${percent(middle(({ serverShare }) => serverShare))} of its core, others ${percent(middle(({ othersShare }) => othersShare))}`,
    missed.length === 0 ? 'level, without an error' : `MISSED: ${missed.join('; ')}`,
  ];
}

/** What it was measured by, and on. */
export function soakedBy({ at, machine, kind, minutes }: SoakRecord): string {
  const flags = [
    ...(kind === 'redis' ? ['--redis'] : []),
    ...(minutes === 30 ? [] : [`--minutes ${minutes}`]),
  ];
  const command = ['npm run soak', ...(flags.length === 0 ? [] : ['--', ...flags])].join(' ');
  return `\`${command}\`, ${at.slice(0, 10)}: ${machineText(machine)}`;
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
