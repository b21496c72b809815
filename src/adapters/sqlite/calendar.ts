const dayMs = 86_400_000;

/** The UTC day of a time at or after the epoch, counted from it. */
export function utcDay(timeMs: number): number {
  return Math.floor(timeMs / dayMs);
}

/** The Monday of that day's ISO week. Day 0 was a Thursday, three days after one; years play no part. */
export function mondayOf(day: number): number {
  return day - ((day + 3) % 7);
}
