import type { RunningApp } from './start-app.ts';

/** How much each counter moved, by its name without prefix and suffix, labels included; those that stood still are left out. */
export type Deltas = Readonly<Record<string, number>>;

/** Runs `action` and tells which of remora's counters moved meanwhile. `only`: beginnings of the names that matter. */
export async function counted(
  app: Pick<RunningApp, 'httpUrl'>,
  only: readonly string[],
  action: () => Promise<unknown>,
): Promise<Deltas> {
  const before = await readSeries(app.httpUrl);
  await action();
  const after = await readSeries(app.httpUrl);
  const moved: Record<string, number> = {};
  for (const [series, value] of after) {
    const [, name = ''] = /^remora_(.*)_total/.exec(series) ?? [];
    const delta = value - (before.get(series) ?? 0);
    if (delta === 0 || !only.some((start) => name.startsWith(start))) continue;
    moved[series.replace(/^remora_(.*)_total/, '$1')] = delta;
  }
  return moved;
}

/** Every series of the exposition with its value, comments left out. */
export async function readSeries(httpUrl: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}
