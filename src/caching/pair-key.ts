/** One string for two, whatever they hold: no two pairs share a key. */
export function pairKey(first: string, second: string): string {
  return `${first.length}:${first}${second}`;
}

/** The two strings of a key. */
export function pairOf(key: string): readonly [first: string, second: string] {
  const colon = key.indexOf(':');
  const middle = colon + 1 + Number(key.slice(0, colon));
  return [key.slice(colon + 1, middle), key.slice(middle)];
}
