/** Whether a name stands for every name that begins with what comes before its trailing `*`. */
export function isPattern(name: string): boolean {
  return name.endsWith('*');
}

/** What a look-up found, and the part of the name that the pattern's `*` stood for (empty for an exact name). */
export interface PatternMatch<Value> {
  readonly value: Value;
  readonly rest: string;
}

/** Values by model name: an exact name wins, else the longest pattern with a trailing `*`. */
export class PatternTable<Value> {
  readonly exact: ReadonlyMap<string, Value>;
  /** Longest prefix first, so that the first that fits is the answer. */
  readonly patterns: readonly { readonly prefix: string; readonly value: Value }[];

  constructor(entries: Iterable<readonly [string, Value]>) {
    const exact = new Map<string, Value>();
    const patterns: { prefix: string; value: Value }[] = [];
    for (const [name, value] of entries) {
      if (isPattern(name)) patterns.push({ prefix: name.slice(0, -1), value });
      else exact.set(name, value);
    }
    patterns.sort((a, b) => b.prefix.length - a.prefix.length);
    this.exact = exact;
    this.patterns = patterns;
  }

  match(name: string): PatternMatch<Value> | undefined {
    const value = this.exact.get(name);
    if (value !== undefined) return { value, rest: '' };
    for (const pattern of this.patterns) {
      if (name.startsWith(pattern.prefix)) {
        return { value: pattern.value, rest: name.slice(pattern.prefix.length) };
      }
    }
    return undefined;
  }

  find(name: string): Value | undefined {
    return this.match(name)?.value;
  }
}
