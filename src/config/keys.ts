import * as v from 'valibot';
import { itemRule, sectionEntries } from './schema/introspect.ts';
import { configSchema } from './schema/root.ts';

/** A key of the configuration file, as documentation shows it. */
export interface ConfigKey {
  /** `scheduling.sticky_ttl`, `accounts[].limits.rpm`, `prices.<name>.input`. */
  readonly key: string;
  /** As one would write it in the file, or words; empty: the key is required, or holds further keys. */
  readonly default: string;
  readonly meaning: string;
}

/** Every key there is, in the file's order, read from the rules that check the file: the one place that states defaults. */
export function configKeys(): readonly ConfigKey[] {
  return keysOf(configSchema, '');
}

function keysOf(rule: unknown, prefix: string): readonly ConfigKey[] {
  return Object.entries(sectionEntries(rule)).flatMap(([name, entry]) => {
    const key = `${prefix}${name}`;
    const note = v.getMetadata(entry as v.GenericSchema);
    // Without a note it is a part of its parent's value, told there.
    if (note.meaning === undefined) return [];
    const nested = [...keysOf(entry, `${key}.`), ...keysOfItems(entry, key)];
    const fallback = nested.length > 0 ? '' : shownDefault(note.default);
    return [{ key, default: fallback, meaning: String(note.meaning) }, ...nested];
  });
}

function keysOfItems(rule: unknown, key: string): readonly ConfigKey[] {
  const item = itemRule(rule);
  if (item === undefined) return [];
  return keysOf(item.rule, item.of === 'list' ? `${key}[].` : `${key}.<name>.`);
}

function shownDefault(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
