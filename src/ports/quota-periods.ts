const dayMs = 86_400_000;

/** The start of the UTC day a time falls in, milliseconds since the epoch. */
export function utcDayStartMs(timeMs: number): number {
  return Math.floor(timeMs / dayMs) * dayMs;
}

/** The start of the ISO week (Monday, UTC) a time falls in. The epoch was a Thursday, three days after a Monday. */
export function isoWeekStartMs(timeMs: number): number {
  const day = Math.floor(timeMs / dayMs);
  return (day - ((((day + 3) % 7) + 7) % 7)) * dayMs;
}

/** When the quota of the day, and of the week, begins anew. */
export function nextUtcDayMs(timeMs: number): number {
  return utcDayStartMs(timeMs) + dayMs;
}

export function nextIsoWeekMs(timeMs: number): number {
  return isoWeekStartMs(timeMs) + 7 * dayMs;
}
