import { parseMillisecondsMs, parseSecondsMs } from './durations.ts';
import type { FoundDelay, HintEvidence } from './evidence.ts';
import { delayUntilMs, parseHttpDateMs, parseRfc3339Ms } from './moments.ts';

/** Headers that ask for a wait outright, the finer one first. */
const RETRY_AFTER_HEADERS: readonly {
  readonly name: string;
  readonly parseMs: (text: string, nowMs: number) => number | undefined;
}[] = [
  { name: 'retry-after-ms', parseMs: parseMillisecondsMs },
  { name: 'retry-after', parseMs: parseRetryAfterMs },
];

/** The wait that a Retry-After header asks for. */
export function retryAfterDelay({ header, nowMs }: HintEvidence): FoundDelay | undefined {
  for (const { name, parseMs } of RETRY_AFTER_HEADERS) {
    const delayMs = parseMs(header(name) ?? '', nowMs);
    if (delayMs !== undefined) return { delayMs, evidence: `header ${name}` };
  }
  return undefined;
}

/** Retry-After: seconds, fractions too, or an HTTP date; some gateways write RFC 3339. Milliseconds from now. */
export function parseRetryAfterMs(text: string, nowMs: number): number | undefined {
  return parseSecondsMs(text) ?? delayUntilMs(parseHttpDateMs(text) ?? parseRfc3339Ms(text), nowMs);
}
