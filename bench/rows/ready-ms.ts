import { median, spreadOf } from '../measure/statistics.ts';
import type { Row, RowContext } from './row.ts';

/** From the start of the process until its word that it is ready is read, on one core; the median of warm starts counts. */
export const readyMs: Row = {
  name: 'ready_ms',
  what: 'ready after start, embedded',
  bar: { kind: 'at_most', value: 500, unit: 'ms' },
  async run(context) {
    const starts = Math.max(5, context.rounds);
    const cold = await timesOf(starts, () => startOnce(context, context.emptyCompileCache()));
    const kept = context.emptyCompileCache();
    await startOnce(context, kept);
    const warm = await timesOf(starts, () => startOnce(context, kept));
    const keptSources = context.emptyCompileCache();
    await startOnce(context, keptSources, { fromSources: true });
    const sources = await timesOf(starts, () => startOnce(context, keptSources, { fromSources: true }));
    const line = (name: string, times: readonly number[]) => {
      const { low, high } = spreadOf(times);
      return `${name}: ${Math.round(median(times))} ms (${Math.round(low)} to ${Math.round(high)}, ${times.length} starts)`;
    };
    return {
      kind: 'measured',
      value: median(warm),
      spread: spreadOf(warm),
      details: [
        line('with compiled code kept from an earlier start', warm),
        line('the first start on a machine, nothing compiled', cold),
        line('from the sources, as `npm start` does, with their compiled code kept', sources),
      ],
    };
  },
};

async function timesOf(starts: number, start: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  while (times.length < starts) times.push(await start());
  return times;
}

async function startOnce(
  { startSidecar }: RowContext,
  compileCache: string,
  from: { readonly fromSources?: boolean } = {},
): Promise<number> {
  const server = await startSidecar({ compileCache, ...from });
  // Compiled code is written down as the process ends.
  await server.stop();
  return server.readyMs;
}
