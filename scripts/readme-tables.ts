// Writes the tables of README.md that the code knows better, and the figures the bench left in docs/bench: `npm run tables`. A test
// fails where they are out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFigures } from '../bench/report/readme.ts';
import { environmentOverrides } from '../src/config/environment.ts';
import { configKeys } from '../src/config/keys.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';

/** The file with the tables. */
export const readme = join(import.meta.dirname, '../README.md');

/** The text with each table, between its two marks, as it has to be. Throws where a mark is missing. */
export async function withTables(text: string): Promise<string> {
  const tables = { settings: settingsTable(), catalog: catalogTable(), metrics: await metricsTable() };
  return Object.entries(tables).reduce((result, [name, table]) => {
    const marks = new RegExp(`(<!-- table: ${name} -->\n)[\\s\\S]*?(<!-- end of table -->)`);
    if (!marks.test(result)) throw new Error(`README.md has no place for the table "${name}"`);
    return result.replace(marks, (_, begin: string, end: string) => `${begin}${table}${end}`);
  }, text);
}

/** Sections of the file that are taken in while remora runs. */
const catalogSection = /^(?:groups|accounts|models|prices)\b/;

function settingsTable(): string {
  const variables = new Map(
    environmentOverrides.map(({ variable, section, key }) => [`${section}.${key}`, `\`${variable}\``]),
  );
  const rows = leaves()
    .filter(({ key }) => !catalogSection.test(key))
    .map(({ key, default: value, meaning }) => [
      `\`${key}\``,
      shown(value),
      meaning,
      variables.get(key) ?? '',
    ]);
  return table(['Key', 'Default', 'Meaning', 'Environment'], rows);
}

function catalogTable(): string {
  const rows = leaves()
    .filter(({ key }) => catalogSection.test(key))
    .map(({ key, default: value, meaning }) => [`\`${key}\``, shown(value), meaning]);
  return table(['Key', 'Default', 'Meaning'], rows);
}

/** Keys that hold a value, without those that only hold further keys. */
function leaves() {
  const keys = configKeys();
  return keys.filter(
    ({ key }) =>
      !keys.some((other) => /^[.[]/.test(other.key.slice(key.length)) && other.key.startsWith(key)),
  );
}

function shown(value: string): string {
  if (value === '') return 'required';
  return / |^(?:none|never)$/.test(value) && !value.startsWith('[') ? value : `\`${value}\``;
}

/** Metrics of remora's own, with their labels: read from an exposition in which every metric has a series. */
async function metricsTable(): Promise<string> {
  const metrics = createMetrics({ processMetrics: false });
  const account = [['a', 0]] as const;
  metrics.attachGauges({
    leasesActive: () => 0,
    waiting: () => 0,
    degraded: () => 0,
    ledgerSpooled: () => 0,
    catalogAccounts: () => 1,
    coolingDown: () => account,
    inFlight: () => account,
  });
  metrics.grpc.handled('', '');
  const text = await metrics.exposition();
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)\n(\S+?)(?:\{(.*)\})? /gm)].map(
    ([, name = '', help = '', type = '', , labels = '']) => {
      const names = [...labels.matchAll(/(\w+)="/g)]
        .map((match) => match[1])
        .filter((label) => label !== 'le');
      return [`\`${name}\``, type, names.map((label) => `\`${label}\``).join(' '), help];
    },
  );
  return table(['Metric', 'Type', 'Labels', 'Meaning'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}

if (import.meta.main) writeFileSync(readme, withFigures(await withTables(readFileSync(readme, 'utf8'))));
