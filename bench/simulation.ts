/**
 * Replays an hour of traffic against remora's routing and two simpler policies, on a clock of its own, and prints what each cost.
 *
 *   npm run simulate -- [--seed N]
 *
 * The hour is drawn from the seed before any policy sees it: who asks when, and when which account truly can't serve. Policies
 * differ in what they make of the answers; the routing code is the same for all three.
 */
import { parseArgs } from 'node:util';
import { defaultHour, planHour } from './simulation/hour.ts';
import { policies } from './simulation/policies.ts';
import { replay } from './simulation/replay.ts';
import { markdownTable } from './simulation/table.ts';
import type { Result } from './simulation/tally.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: `${defaultHour.seed}` } } });
const seed = Number(values.seed);
const hour = planHour({ ...defaultHour, seed });
const results: Result[] = [];
for (const policy of policies) results.push(await replay(hour, policy, seed));

process.stdout.write(
  `${hour.accounts.length} accounts, ${hour.requests.length.toLocaleString('en-US')} requests, ${hour.lengthMs / 60_000} minutes, seed ${seed}\n\n${markdownTable(results)}\n`,
);
