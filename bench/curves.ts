/**
 * Measures what a call costs, how many there are in a second and what memory is left, as accounts, groups, sessions, open leases and
 * running cooldowns grow, and draws it.
 *
 *   npm run curves -- [--curve NAME]... [--rounds N] [--scale X] [--out DIRECTORY]
 *
 * Cores and the machine: as `npm run bench`. Only a run of all curves at full length goes to docs/bench, and the README.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withProcesses } from './context.ts';
import { curves } from './curves/all.ts';
import type { Curve } from './curves/curve.ts';
import { measurePoint } from './curves/measure.ts';
import { type CurvesRecord, storedPoint, writeCurves } from './curves/results.ts';
import { count } from './measure/throughput.ts';
import { thisMachine } from './report/machine.ts';
import { published, updateReadme } from './report/readme.ts';
import { root } from './root.ts';

const { values } = parseArgs({
  options: {
    curve: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});

/** Points that could not be measured; the others are kept, and the run exits with 1. */
let failures = 0;

process.exitCode = await main();

async function main(): Promise<number> {
  const rounds = Number(values.rounds);
  const scale = Number(values.scale);
  const names = new Set(values.curve ?? curves.map(({ name }) => name));
  const unknown = [...names].filter((name) => !curves.some((curve) => curve.name === name));
  if (unknown.length > 0)
    return refuse(`no curve ${unknown.join(', ')}; there are ${curves.map(({ name }) => name).join(', ')}`);
  if (!Number.isInteger(rounds) || rounds < 1) return refuse('--rounds takes a number of 1 or more');
  if (!(scale > 0 && scale <= 1)) return refuse('--scale takes a number above 0, at most 1');
  if (process.platform !== 'linux' || availableParallelism() < 2) return refuse('needs Linux and two cores');
  const trial = scale !== 1 || rounds < 5 || names.size < curves.length;
  if (trial) say('a trial: figures count with every curve, five rounds or more, and --scale 1');

  const measured: Record<string, CurvesRecord['curves'][string]> = {};
  for (const curve of curves) {
    if (!names.has(curve.name)) continue;
    say(`${curve.title}: ${curve.conditions}`);
    measured[curve.name] = await measureCurve(curve, { rounds, scale });
  }
  // A trial, or a run with a hole in it, never takes the place of figures that count.
  const out = values.out ?? (trial || failures > 0 ? join(root, 'bench/results') : published);
  writeCurves(out, {
    at: new Date().toISOString(),
    machine: thisMachine(),
    rounds,
    scale,
    curves: measured,
  });
  say(`written: ${join(out, 'curves.json')}, curves.md, curve-*.svg`);
  if (out === published) updateReadme();
  return failures === 0 ? 0 : 1;
}

async function measureCurve(curve: Curve, length: { rounds: number; scale: number }) {
  const points: Record<string, ReturnType<typeof storedPoint>> = {};
  for (const x of curve.xs) {
    const options = { ...length, name: `curve-${curve.name}-${x}` };
    const point = await withProcesses(options, (context) => measurePoint(curve, x, context)).catch(
      (error: Error) => error,
    );
    if (point instanceof Error) {
      failures += 1;
      say(`  ${count(x).padStart(9)}  FAILED: ${point.message}`);
      continue;
    }
    points[String(x)] = storedPoint(point);
    const { unary, route, select, memoryMb } = point;
    say(
      [
        `  ${count(x).padStart(9)}`,
        `unary ${count(unary.callsPerSecond)}/s ${unary.cpuMicros.toFixed(1)} µs`,
        `Route ${count(route.callsPerSecond)}/s ${route.cpuMicros.toFixed(1)} µs`,
        ...(select === undefined ? [] : [`select alone ${select.cpuMicros.toFixed(1)} µs`]),
        `${memoryMb.ready.toFixed(0)}, ${memoryMb.loaded.toFixed(0)}, ${memoryMb.settled.toFixed(0)} MB`,
        `server ${Math.round(route.serverShare * 100)} %, client ${Math.round(route.clientShare * 100)} %`,
      ].join('  '),
    );
  }
  return points;
}

function refuse(why: string): number {
  process.stderr.write(`curves: ${why}\n`);
  return 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
