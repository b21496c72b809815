/**
 * Where the time of a CPU profile went, by owner and by function; profiles are made by `npm run bench -- --profile`.
 *
 *   node bench/profile.ts FILE [--top N] [--only OWNER]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type CpuProfile, type SelfTime, summarizeProfile } from './measure/profile.ts';
import { root } from './root.ts';

const { values, positionals } = parseArgs({
  options: { top: { type: 'string', default: '40' }, only: { type: 'string' } },
  allowPositionals: true,
});
const [file] = positionals;
if (file === undefined) throw new Error('node bench/profile.ts FILE [--top N] [--only OWNER]');
const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
const { busyMicros, owners, functions } = summarizeProfile(profile, root);
const shown = functions.filter(({ owner }) => owner === (values.only ?? owner)).slice(0, Number(values.top));
process.stdout.write(`${(busyMicros / 1e6).toFixed(1)} s busy\n\n${lines(owners)}\n\n${lines(shown)}\n`);

function lines(times: readonly SelfTime[]): string {
  return times
    .map(({ name, micros }) => `${((100 * micros) / busyMicros).toFixed(2).padStart(6)} %  ${name}`)
    .join('\n');
}
