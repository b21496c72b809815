import { causes } from './outages.ts';
import type { Result } from './tally.ts';

/** The results side by side, as a Markdown table. */
export function markdownTable(results: readonly Result[]): string {
  const rows: readonly (readonly [string, (result: Result) => string])[] = [
    ['requests', ({ requests }) => count(requests)],
    ['… failed for their callers', ({ failed }) => count(failed)],
    [
      'tries per served request',
      ({ tries, poisonedTries, served }) => ((tries - poisonedTries) / served).toFixed(3),
    ],
    ['tries wasted on accounts that could not serve', ({ wasted }) => count(sum(Object.values(wasted)))],
    ...causes.map((cause) => [`… ${cause}`, ({ wasted }: Result) => count(wasted[cause])] as const),
    [
      'tries spent on requests nobody can serve',
      ({ poisonedTries, poisoned }) => `${count(poisonedTries)} (${count(poisoned)} requests)`,
    ],
    ['healthy account-minutes benched', ({ benchedMinutes }) => count(Math.round(benchedMinutes))],
    ['recovery delay, median', ({ recoveryS }) => seconds(quantile(recoveryS, 0.5))],
    ['recovery delay, 95 %', ({ recoveryS }) => seconds(quantile(recoveryS, 0.95))],
    ['recovery delay, longest', ({ recoveryS }) => seconds(recoveryS.at(-1))],
    ['recovered, but not used again', ({ neverBack }) => count(neverBack)],
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...results.map(({ policy }) => policy)]),
    line(['---', ...results.map(() => '---:')]),
    ...rows.map(([name, cell]) => line([name, ...results.map(cell)])),
  ].join('\n');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function seconds(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(1)} s`;
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
