/**
 * Measures every row remora has to reach, prints it with its bar, and exits with 1 where one is missed.
 *
 *   npm run bench -- [--row NAME]... [--rounds N] [--scale X] [--profile] [--out DIRECTORY]
 *
 * The server has core 0 to itself, the load core 1, so two cores and Linux (taskset, /proc) are needed. What is compared takes
 * turns, round by round; a row is the median of its rounds. Figures count on a machine that does nothing else.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runRow } from './context.ts';
import { writeResults } from './report/files.ts';
import { machineText, thisMachine } from './report/machine.ts';
import { type RowOutcome, rowLines } from './report/table.ts';
import { root } from './root.ts';
import { reaches } from './rows/row.ts';
import { rows } from './rows/rows.ts';

const { values } = parseArgs({
  options: {
    row: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '7' },
    scale: { type: 'string', default: '1' },
    profile: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'bench/results') },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const rounds = Number(values.rounds);
  const scale = Number(values.scale);
  const names = new Set(values.row ?? rows.map(({ name }) => name));
  const unknown = [...names].filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0)
    return refuse(`no row ${unknown.join(', ')}; there are ${rows.map(({ name }) => name).join(', ')}`);
  if (!Number.isInteger(rounds) || rounds < 1) return refuse('--rounds takes a number of 1 or more');
  if (!(scale > 0 && scale <= 1)) return refuse('--scale takes a number above 0, at most 1');
  if (process.platform !== 'linux' || availableParallelism() < 2) return refuse('needs Linux and two cores');

  const machine = thisMachine();
  const profiles = values.profile ? join(values.out, 'profiles') : undefined;
  say(`${machineText(machine)}; ${rounds} rounds`);
  if (scale !== 1 || rounds < 5) say('a trial: figures count with five rounds or more, and --scale 1');
  if (profiles !== undefined) say('a profile is taken, which slows the sidecar: no figure counts');
  const outcomes: RowOutcome[] = [];
  for (const row of rows) {
    if (!names.has(row.name)) continue;
    const outcome = { row, figure: await runRow(row, { rounds, scale, profiles }) };
    outcomes.push(outcome);
    say(rowLines(outcome));
  }
  writeResults(values.out, { outcomes, machine, rounds, scale, at: new Date() });
  say(`written: ${join(values.out, 'bench.json')}, bench.md`);
  return outcomes.every(({ row, figure }) => reaches(row.bar, figure)) ? 0 : 1;
}

function refuse(why: string): number {
  process.stderr.write(`bench: ${why}\n`);
  return 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
