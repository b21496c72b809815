import { parseDecimal, parseSecondsMs } from './durations.ts';
import { type ErrorObject, fieldText } from './error-objects.ts';
import { type FoundDelay, type HintEvidence, longestDelay } from './evidence.ts';
import { delayUntilMs, parseMomentMs } from './moments.ts';

/** Anthropic's subscription windows: each states whether it is spent, and its own reset as a moment. */
const ANTHROPIC_WINDOWS = ['5h', '7d'] as const;
const ANTHROPIC_PREFIX = 'anthropic-ratelimit-unified';
const SPENT_STATUS = 'rejected';

/** Codex's windows: a share used in percent, and the reset both as a delay and as a moment. */
const CODEX_WINDOWS = ['primary', 'secondary'] as const;
const CODEX_PREFIX = 'x-codex';

/** Error objects that say the account's window is spent, and the fields that say until when, the better one first. */
const SPENT_WINDOW_CODES: ReadonlySet<unknown> = new Set(['usage_limit_reached']);
const SPENT_WINDOW_RESETS = [
  { field: 'resets_at', parseMs: (text: string, nowMs: number) => delayUntilMs(parseMomentMs(text), nowMs) },
  { field: 'resets_in_seconds', parseMs: (text: string) => parseSecondsMs(text) },
] as const;

/** The longest wait for an account window that the answer states to be exhausted. Windows that are not are never looked at. */
export function accountWindowDelay(evidence: HintEvidence): FoundDelay | undefined {
  return longestDelay([
    ...anthropicDelays(evidence),
    ...CODEX_WINDOWS.flatMap((window) => codexDelay(window, evidence) ?? []),
    ...evidence.objects.flatMap((object) => bodyDelay(object, evidence.nowMs) ?? []),
  ]);
}

function anthropicDelays(evidence: HintEvidence): FoundDelay[] {
  const { header } = evidence;
  const stated = ANTHROPIC_WINDOWS.filter(
    (window) => header(`${ANTHROPIC_PREFIX}-${window}-status`) !== undefined,
  );
  // The unified reset may be any window's, so it counts only where the answer tells the windows' own states not at all.
  const limits =
    stated.length > 0 ? stated.map((window) => `${ANTHROPIC_PREFIX}-${window}`) : [ANTHROPIC_PREFIX];
  return limits.flatMap((limit) => anthropicDelay(limit, evidence) ?? []);
}

function anthropicDelay(limit: string, { header, nowMs }: HintEvidence): FoundDelay | undefined {
  if (header(`${limit}-status`)?.trim().toLowerCase() !== SPENT_STATUS) return undefined;
  const reset = `${limit}-reset`;
  return found(delayUntilMs(parseMomentMs(header(reset) ?? ''), nowMs), reset);
}

function codexDelay(window: string, { header, nowMs }: HintEvidence): FoundDelay | undefined {
  const limit = `${CODEX_PREFIX}-${window}`;
  const usedPercent = parseDecimal(header(`${limit}-used-percent`) ?? '');
  if (usedPercent === undefined || usedPercent < 100) return undefined;
  const after = `${limit}-reset-after-seconds`;
  const at = `${limit}-reset-at`;
  return (
    found(parseSecondsMs(header(after) ?? ''), after) ??
    found(delayUntilMs(parseMomentMs(header(at) ?? ''), nowMs), at)
  );
}

function bodyDelay(object: ErrorObject, nowMs: number): FoundDelay | undefined {
  if (!SPENT_WINDOW_CODES.has(object.type) && !SPENT_WINDOW_CODES.has(object.code)) return undefined;
  for (const { field, parseMs } of SPENT_WINDOW_RESETS) {
    const delay = found(parseMs(fieldText(object[field]) ?? '', nowMs), `body ${field}`);
    if (delay !== undefined) return delay;
  }
  return undefined;
}

function found(delayMs: number | undefined, evidence: string): FoundDelay | undefined {
  return delayMs === undefined ? undefined : { delayMs, evidence };
}
