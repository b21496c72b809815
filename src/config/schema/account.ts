import * as v from 'valibot';
import { credentialRule, keyRule } from './credential.ts';
import { duration } from './duration-values.ts';
import { isMapping, mismatch, quoteIt } from './mismatch.ts';
import { mapping, optional, required, section, setting } from './section.ts';
import { amount, flag, listOf, modelPattern, moment, name, oneOf, url, wholeNumber } from './values.ts';

const quotaSection = section({
  daily: setting(amount(), 0, 'USD per UTC day; 0: no limit'),
  weekly: setting(amount(), 0, 'USD per ISO week; 0: no limit'),
  total: setting(amount(), 0, 'USD ever; 0: no limit'),
});

const limitsSection = section({
  window_cost: setting(amount(), 0, 'USD per usage window of a subscription; 0: no limit'),
  window_cost_sticky_reserve: setting(amount(), 10, 'USD above it for sessions already bound to the account'),
  rpm: setting(wholeNumber(), 0, 'Requests per minute of a subscription; 0: no limit'),
  rpm_strategy: setting(
    oneOf(['tiered', 'sticky_exempt']),
    'tiered',
    'Whether bound sessions too meet a limit (tiered) or none (sticky_exempt)',
  ),
  rpm_sticky_buffer: optional(
    wholeNumber(),
    'Requests per minute above it for bound sessions',
    'the larger of concurrency + sessions and rpm/5, at least 1',
  ),
  sessions: setting(wholeNumber(), 0, 'Sessions of a subscription at a time; 0: no limit'),
  session_idle: setting(
    duration({ minMs: 1 }),
    '5m',
    'A session without a request for this long no longer counts',
  ),
  quota: setting(quotaSection, {}, 'What an API key or a Bedrock account may spend'),
});

/** The list form, each name standing for itself upstream. */
const modelList = v.pipe(
  listOf(modelPattern(), 'model names'),
  v.transform((names) => new Map(names.map((model) => [model, model]))),
);

/** The map form, requested to upstream. A name without a value stands for itself. */
const modelMap = v.pipe(
  mapping(modelPattern(), v.nullish(modelPattern())),
  v.transform(
    (names) => new Map([...names].map(([requested, upstream]) => [requested, upstream ?? requested])),
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [key, value] of dataset.value) {
      if (!value.endsWith('*') || key.endsWith('*')) continue;
      addIssue({
        message: `is ${JSON.stringify(value)}; a * here takes over what the * of a requested pattern stood for, and ${JSON.stringify(key)} has none`,
        path: [{ type: 'map', origin: 'value', input: dataset.value, key, value }],
      });
    }
  }),
);

const modelsRule = v.pipe(
  v.custom<Record<string, unknown> | readonly unknown[]>(
    (input) => Array.isArray(input) || isMapping(input),
    mismatch('a list of model names, or a mapping of requested to upstream names'),
  ),
  v.lazy((input): typeof modelList | typeof modelMap => (Array.isArray(input) ? modelList : modelMap)),
);

/** One account. */
export const accountSection = section({
  id: required(name('an id'), 'Names the account; unique'),
  name: optional(name('a name'), 'For people', 'the id'),
  platform: required(
    name('a platform'),
    'Provider protocol: anthropic, openai, gemini, antigravity, zhipu, any',
  ),
  type: optional(
    name('a type'),
    'oauth, setup_token, api_key, bedrock; any other ranks with the first two',
    'api_key beside api_keys',
  ),
  groups: setting(
    listOf(name('a group id'), 'group ids'),
    [],
    'Groups it belongs to; none: requests without a group',
  ),
  status: setting(oneOf(['active', 'disabled', 'error']), 'active', 'Only an active account serves'),
  schedulable: setting(flag(), true, 'False takes it out of selection'),
  expires_at: optional(moment(), 'It serves until then', 'never'),
  priority: setting(wholeNumber(), 50, 'Lower is served first'),
  concurrency: setting(wholeNumber(), 0, 'Requests at a time; 0: no limit'),
  load_factor: optional(amount(), 'Divides its load when accounts are ranked', 'concurrency'),
  models: setting(modelsRule, [], 'List, or mapping of requested to upstream names; empty: every model'),
  mixed_scheduling: setting(flag(), false, 'An antigravity account serves anthropic and gemini too'),
  base_url: optional(url('https://api.example.com'), 'Told to callers', 'none'),
  proxy_url: optional(url('http://proxy.example.com:3128'), 'Told to callers', 'none'),
  labels: setting(mapping(name('a label name'), labelText()), {}, 'Told to callers'),
  credential: optional(credentialRule, 'One of {env: NAME}, {file: PATH}, {value: TEXT}', 'none'),
  api_keys: optional(
    v.pipe(
      listOf(keyRule, 'keys', { secret: true }),
      v.minLength(1, 'is an empty list; expected at least one key (or leave it out)'),
    ),
    'Several keys of one account, tried in order: texts, or as credential',
    'none',
  ),
  limits: setting(limitsSection, {}, 'What it may be used for'),
});

function labelText() {
  return v.custom<string>((input) => typeof input === 'string', mismatch('text', { hint: quoteIt }));
}
