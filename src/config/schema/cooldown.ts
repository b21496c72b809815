import { duration } from './duration-values.ts';
import { section, setting } from './section.ts';
import { amount, wholeNumber } from './values.ts';

interface ScheduleDefaults {
  readonly base: string;
  readonly growth: number;
  readonly max_steps: number;
  readonly cap: string;
}

function schedule(defaults: ScheduleDefaults) {
  return section({
    base: setting(positive(), defaults.base, 'Length at the first failure'),
    growth: setting(amount({ min: 1 }), defaults.growth, 'Factor from one failure in a row to the next'),
    max_steps: setting(wholeNumber({ max: 100 }), defaults.max_steps, 'Steps of growth after which it stays'),
    cap: setting(positive(), defaults.cap, 'Longest length'),
  });
}

function positive() {
  return duration({ minMs: 1 });
}

/** Every figure of cooldowns: their schedules, the clamps of upstream hints, and recovery. */
export const cooldownSection = section({
  standard: setting(
    schedule({ base: '1m', growth: 5, max_steps: 3, cap: '1h' }),
    {},
    'Schedule of failures in a row, where no other has them',
  ),
  billing: setting(
    schedule({ base: '5h', growth: 2, max_steps: 10, cap: '24h' }),
    {},
    'Schedule of unpaid bills and spent credit, counted apart',
  ),
  overloaded: setting(
    schedule({ base: '10s', growth: 5, max_steps: 3, cap: '10m' }),
    {},
    'Schedule of overloaded upstreams',
  ),
  model_not_found: setting(positive(), '1h', 'Cooldown of a model the upstream does not have'),
  forget_after: setting(positive(), '24h', 'Counts of failures start again this long after the last one'),
  hint_min: setting(positive(), '1s', "Shortest cooldown an upstream's hint can give"),
  hint_max: setting(positive(), '8d', "Longest cooldown an upstream's hint can give"),
  probe_after: setting(duration(), '30s', 'A cooldown at least this long ends with one request first'),
  probe_timeout: setting(
    positive(),
    '10s',
    'That request opens the account after this long without a failure',
  ),
});
