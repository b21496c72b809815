import type { Metrics } from '../../../src/telemetry/metrics.ts';

/** Every series of the exposition that is not 0, as `name{labels}` to value; names without the `remora_` prefix. */
export async function nonZeroSeries(metrics: Pick<Metrics, 'exposition'>): Promise<Record<string, number>> {
  const series: Record<string, number> = {};
  for (const line of (await metrics.exposition()).split('\n')) {
    const end = line.lastIndexOf(' ');
    if (line.startsWith('#') || end < 0) continue;
    const value = Number(line.slice(end + 1));
    if (value !== 0) series[line.slice(0, end).replace(/^remora_/, '')] = value;
  }
  return series;
}
