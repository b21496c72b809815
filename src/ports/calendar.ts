const dayMs = 86_400_000;

/** The UTC day of a time, counted from the epoch. */
export function utcDay(timeMs: number): number {
  return Math.floor(timeMs / dayMs);
}

/** The Monday of that day's ISO week. Day 0 was a Thursday, three days after one; years play no part. */
export function mondayOf(day: number): number {
  return day - ((((day + 3) % 7) + 7) % 7);
}

/** When the next UTC day begins, milliseconds since the epoch. */
export function nextUtcDayMs(timeMs: number): number {
  return (utcDay(timeMs) + 1) * dayMs;
}

/** When the next ISO week begins. */
export function nextIsoWeekMs(timeMs: number): number {
  return (mondayOf(utcDay(timeMs)) + 7) * dayMs;
}
