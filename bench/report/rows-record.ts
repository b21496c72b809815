import { type Bar, type Figure, reaches } from '../rows/row.ts';
import { type Machine, machineText } from './machine.ts';
import { markdownTable } from './table.ts';

type StoredFigure =
  | { readonly unavailable: string }
  | {
      readonly value: number | null;
      readonly spread?: { readonly low: number; readonly high: number };
      readonly missed?: string;
      readonly details: Readonly<Record<string, string>>;
    };

/** bench.json, and rows.json, which is the same of a run that counts. */
export interface RowsRecord {
  readonly at: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly scale: number;
  readonly rows: Readonly<Record<string, { readonly what: string; readonly bar: Bar } & StoredFigure>>;
}

/** The README's table, with the command and the machine. */
export function rowsBlock({ at, machine, rounds, rows }: RowsRecord): string {
  const outcomes = Object.entries(rows).map(([name, { what, bar, ...figure }]) => ({
    row: { name, what, bar },
    figure: figureOf(figure),
  }));
  const missed = outcomes.filter(({ row, figure }) => !reaches(row.bar, figure)).length;
  const verdict = missed === 0 ? 'every row met' : `${missed} of ${outcomes.length} rows missed`;
  return `${markdownTable(outcomes)}

\`npm run bench -- --readme\`, ${at.slice(0, 10)}: ${machineText(machine)}; ${rounds} rounds; ${verdict}.`;
}

function figureOf(stored: StoredFigure): Figure {
  if ('unavailable' in stored) return { kind: 'unavailable', reason: stored.unavailable };
  const { value, spread, missed, details } = stored;
  return {
    kind: 'measured',
    // What is no number is null in JSON.
    value: value ?? Number.NaN,
    ...(spread && { spread }),
    missed,
    details: Object.values(details),
  };
}
