import type * as v from 'valibot';
import { accountSection } from './account.ts';
import { mapping, optional, required, section, setting } from './section.ts';
import { settingsEntries } from './settings.ts';
import { amount, flag, listOf, modelName, modelPattern, name } from './values.ts';

const groupSection = section({
  id: required(name('an id'), 'Names the group; unique'),
  platform: optional(name('a platform'), 'Platform of its requests', 'default_platform'),
  rate_multiplier: setting(amount(), 1, "What its users' costs are multiplied by"),
  user_rates: setting(mapping(name('a user id'), amount()), {}, "Users' own multipliers in this group"),
  tier_fallback: optional(flag(), 'As scheduling.tier_fallback, for this group', 'scheduling.tier_fallback'),
  model_routing: setting(
    mapping(modelPattern(), listOf(name('an account id'), 'account ids')),
    {},
    'Accounts that come first for a model or pattern',
  ),
});

const modelSection = section({
  name: required(modelPattern(), 'Model name or pattern; unique'),
  fallbacks: setting(
    listOf(modelName('model or platform/model'), 'models'),
    [],
    'Models to try in its place, in order: model, or platform/model',
  ),
});

const priceSection = section({
  input: setting(amount(), 0, 'USD per million input tokens'),
  output: setting(amount(), 0, 'USD per million output tokens'),
  cache_read: setting(amount(), 0, 'USD per million tokens read from a cache'),
  cache_creation: setting(amount(), 0, 'USD per million tokens written to a cache'),
});

/** The whole file. */
export const configSchema = section({
  ...settingsEntries,
  groups: setting(listOf(groupSection, 'groups'), [], 'Pools of accounts'),
  accounts: setting(listOf(accountSection, 'accounts'), [], 'Credentials at upstream providers'),
  models: setting(listOf(modelSection, 'models'), [], 'Models with fallbacks'),
  prices: setting(mapping(modelPattern(), priceSection), {}, 'Prices by model name or pattern'),
});

/** What a valid file holds, durations in milliseconds, defaults filled in. */
export type ValidConfig = v.InferOutput<typeof configSchema>;
export type ValidGroup = v.InferOutput<typeof groupSection>;
export type ValidAccount = v.InferOutput<typeof accountSection>;
