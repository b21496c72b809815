import type { UpstreamWindow } from './failure.ts';
import { parseMomentMs } from './hints/moments.ts';

const RESET_HEADER = 'anthropic-ratelimit-unified-5h-reset';
const WINDOW_MS = 5 * 3_600_000;
/** The upstream's clock may be ahead of this one. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * The account's current 5-hour window, `[reset - 5h, reset]`, as an answer's headers (names in lower case) state it. Undefined
 * where they state none, or a reset that has passed or lies further ahead than a window is long.
 */
export function upstreamWindow(
  headers: ReadonlyMap<string, string>,
  nowMs: number,
): UpstreamWindow | undefined {
  const endMs = parseMomentMs(headers.get(RESET_HEADER) ?? '');
  if (endMs === undefined || endMs <= nowMs || endMs > nowMs + WINDOW_MS + CLOCK_TOLERANCE_MS)
    return undefined;
  return { startMs: endMs - WINDOW_MS, endMs };
}
