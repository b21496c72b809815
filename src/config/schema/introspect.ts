import { isMapping } from './mismatch.ts';

/** The keys of the section that a rule stands for, each with its rule; none for any other rule. */
export function sectionEntries(rule: unknown): Readonly<Record<string, unknown>> {
  const entries = find(rule, 'loose_object')?.entries;
  return isMapping(entries) ? entries : {};
}

/** The rule of a list's items, or of a mapping's values; undefined for any other rule. */
export function itemRule(
  rule: unknown,
): { readonly of: 'list' | 'mapping'; readonly rule: unknown } | undefined {
  const list = find(rule, 'array');
  if (list !== undefined) return { of: 'list', rule: list.item };
  const map = find(rule, 'map');
  return map === undefined ? undefined : { of: 'mapping', rule: map.value };
}

/** The schema of a type in a rule's pipe, or in what the rule makes optional. */
function find(rule: unknown, type: string): Record<string, unknown> | undefined {
  if (!isMapping(rule)) return undefined;
  if (rule.type === type) return rule;
  const parts = [...(Array.isArray(rule.pipe) ? rule.pipe : []), rule.wrapped];
  for (const part of parts) {
    const found = find(part, type);
    if (found !== undefined) return found;
  }
  return undefined;
}
