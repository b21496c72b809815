import { type Bar, type Figure, type Row, reaches } from '../rows/row.ts';

/** A row with what it came to. */
export interface RowOutcome {
  readonly row: Pick<Row, 'name' | 'what' | 'bar'>;
  readonly figure: Figure;
}

/** The outcomes as a Markdown table. */
export function markdownTable(outcomes: readonly RowOutcome[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['Row', 'What', 'Bar', 'Measured', 'Spread', '']),
    line(['---', '---', '---:', '---:', '---:', '---']),
    ...outcomes.map(({ row, figure }) =>
      line([
        `\`${row.name}\``,
        row.what,
        barText(row.bar),
        figureText(row.bar, figure),
        spreadText(row.bar, figure),
        reaches(row.bar, figure) ? 'met' : '**missed**',
      ]),
    ),
  ].join('\n');
}

export function barText({ kind, value, unit }: Bar): string {
  return `${kind === 'at_least' ? '≥' : '≤'} ${value.toFixed(unit === '' ? 2 : 0)}${unitText(unit)}`;
}

/** Rounded away from the bar's good side, so that a miss never reads as met. */
export function figureText(bar: Bar, figure: Figure): string {
  if (figure.kind === 'unavailable') return '–';
  const factor = bar.unit === '' ? 1000 : 10;
  const scaled = figure.value * factor;
  // What floating point adds to a figure that is exact is not rounded up.
  const rounded = bar.kind === 'at_least' ? Math.floor(scaled + 1e-6) : Math.ceil(scaled - 1e-6);
  return `${(rounded / factor).toFixed(bar.unit === '' ? 3 : 1)}${unitText(bar.unit)}`;
}

export function spreadText({ unit }: Bar, figure: Figure): string {
  if (figure.kind === 'unavailable' || figure.spread === undefined) return '';
  const digits = unit === '' ? 3 : 1;
  return `${figure.spread.low.toFixed(digits)} to ${figure.spread.high.toFixed(digits)}`;
}

function unitText(unit: Bar['unit']): string {
  return unit === '' ? '' : ` ${unit}`;
}

/** What the terminal shows of one row. */
export function rowLines({ row, figure }: RowOutcome): string {
  const verdict = reaches(row.bar, figure) ? 'met' : 'MISSED';
  const head = `${verdict.padEnd(7)}${row.name.padEnd(22)}${figureText(row.bar, figure).padStart(10)}  (${barText(row.bar)})`;
  const spread = spreadText(row.bar, figure);
  const notes =
    figure.kind === 'unavailable'
      ? [figure.reason]
      : [
          ...(figure.missed === undefined ? [] : [`missed: ${figure.missed}`]),
          ...(spread === '' ? [] : [`rounds from ${spread}`]),
          ...figure.details,
        ];
  return [head, ...notes.map((note) => `         ${note}`)].join('\n');
}
