import type { PoolEntry } from './pool-entry.ts';

/** The end of the unit that begins at `position`: a key family's keys rank as one, any other account by itself. */
export function unitEnd(entries: readonly PoolEntry[], position: number): number {
  const { familyId } = entries[position]!;
  let end = position + 1;
  if (familyId !== '') while (end < entries.length && entries[end]!.familyId === familyId) end += 1;
  return end;
}

/** Where the unit of each position begins; undefined where every account is a unit by itself. */
export function unitBegins(entries: readonly PoolEntry[]): Int32Array | undefined {
  if (entries.every((_, position) => unitEnd(entries, position) === position + 1)) return undefined;
  const begins = new Int32Array(entries.length);
  for (let begin = 0; begin < entries.length; ) {
    const end = unitEnd(entries, begin);
    begins.fill(begin, begin, end);
    begin = end;
  }
  return begins;
}
