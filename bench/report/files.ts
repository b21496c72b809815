import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reaches } from '../rows/row.ts';
import { jsonText } from './json-text.ts';
import { type Machine, machineText } from './machine.ts';
import { markdownTable, type RowOutcome } from './table.ts';

export interface Results {
  readonly outcomes: readonly RowOutcome[];
  readonly machine: Machine;
  readonly rounds: number;
  readonly scale: number;
  readonly at: Date;
}

/** Writes bench.json and bench.md into the directory, which is made where it is missing. */
export function writeResults(directory: string, results: Results): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'bench.json'), `${JSON.stringify(toJson(results), null, 2)}\n`);
  writeFileSync(join(directory, 'bench.md'), markdown(results));
}

/** Writes rows.json, which the README's table is made of. */
export function publishRows(directory: string, results: Results): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'rows.json'), jsonText(toJson(results) as Parameters<typeof jsonText>[0]));
}

/** Objects alone, so that the file is the same whichever formatter went over it. */
export function toJson({ outcomes, machine, rounds, scale, at }: Results): object {
  const entries = outcomes.map(({ row, figure }) => [
    row.name,
    { what: row.what, bar: row.bar, met: reaches(row.bar, figure), ...figureJson(figure) },
  ]);
  return { at: at.toISOString(), machine, rounds, scale, rows: Object.fromEntries(entries) };
}

function figureJson(figure: RowOutcome['figure']): object {
  if (figure.kind === 'unavailable') return { unavailable: figure.reason };
  const { value, spread, missed, details } = figure;
  return {
    value,
    ...(spread && { spread }),
    ...(missed !== undefined && { missed }),
    details: Object.fromEntries(details.map((detail, index) => [index + 1, detail])),
  };
}

export function markdown({ outcomes, machine, rounds, scale, at }: Results): string {
  const trial = scale === 1 ? '' : `, **a trial at ${scale} of the usual length: no figure counts**`;
  const notes = outcomes.flatMap(({ row, figure }) => [
    `\n\`${row.name}\`\n`,
    ...(figure.kind === 'unavailable' ? [figure.reason] : figure.details).map((detail) => `- ${detail}`),
  ]);
  return `${markdownTable(outcomes)}

\`npm run bench\`, ${at.toISOString().slice(0, 10)}: ${machineText(machine)}; ${rounds} rounds${trial}.

<details><summary>What stands behind each row</summary>
${notes.join('\n')}

</details>
`;
}
