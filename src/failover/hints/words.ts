import { maskQuotedText } from '../quoted-text.ts';
import { amountMs, parseSecondsMs, sensibleMs } from './durations.ts';
import { type FoundDelay, type HintEvidence, longestDelay } from './evidence.ts';
import { delayUntilMs, parseMomentMs } from './moments.ts';

/*
 * Every expression here is bounded in each of its parts and starts from a word or digit of its own, so that 16 KiB of anything
 * take time in proportion to their length.
 */

/** What an English sentence says before the figure: `try again in`, `please wait`, `your quota will reset after`. */
const ENGLISH_LEADS = [
  'retry[ _-]?after[:=]?',
  '(?:re)?try(?: (?:your|the|this) (?:request|operation|call)s?)?(?: again)?',
  'wait',
  'back off',
  'come back',
  'available(?: again)?',
  'resets',
  '(?:will|to|be) reset',
  '(?:another|next|new) request',
  // Alone only at the start of a clause: in "50 requests in 60 seconds" it tells of the limit, not of the wait.
  '(?<=^|[.;:!(] ?)in',
];
const ENGLISH_LEAD = new RegExp(
  `\\b(?:${ENGLISH_LEADS.join('|')})(?: (?:in|after|for|at|on|until))?(?: (?:about|around|approximately|at least|another))?[ ~:=]{0,3}(?=\\d)`,
  'gi',
);
const ENGLISH_PART = /(?:,? and |, | )?(\d{1,15}(?:\.\d{1,12})?)[ -]?([a-zµμ]{1,12})(?![a-zµμ])/iy;
const MOMENT =
  /(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)|\d{10}(?:\d{3})?(?!\d))/iy;

/** A figure without a unit, seconds by custom, counts only right after `retry after` and at the end of its clause. */
const BARE_SECONDS_LEAD = /^retry[ _-]?after/i;
const BARE_SECONDS = /\d{1,9}(?:\.\d{1,9})?(?=\s{0,3}(?:$|[,;)\]}\n]|\.(?!\d)))/y;

/** `请在 20 秒后重试`, `请等待 1 分钟`: the figure comes before the verb, or after a word for waiting. */
const CHINESE_AMOUNT = '((?:\\d{1,15}(?:\\.\\d{1,12})?[ ]?(?:毫秒|秒钟|秒|分钟|分|个小时|小时|天)[ ]?){1,4})';
const CHINESE_WAITS = [
  new RegExp(
    `${CHINESE_AMOUNT}(?:之后|以后|后)[^，。；,;\\d]{0,8}(?:重试|再试|尝试|再次|重置|恢复|刷新)`,
    'g',
  ),
  new RegExp(`(?:等待|等候|稍等)[约 ]{0,3}${CHINESE_AMOUNT}`, 'g'),
];
const CHINESE_PART = /(\d{1,15}(?:\.\d{1,12})?) ?([^\d\s.]{1,3})/g;

/** The longest wait that the provider's words name, else the one that the caller's words name. */
export function wordsDelay({ texts, nowMs }: HintEvidence): FoundDelay | undefined {
  for (const { source, text } of texts) {
    const delayMs = parseWordsMs(text, nowMs);
    if (delayMs !== undefined) return { delayMs, evidence: `words of ${source}` };
  }
  return undefined;
}

/** The longest wait named in a text: `try again in 1h2m3s`, `retry after 6 seconds`, `请在 5 秒后重试`. Milliseconds from now. */
export function parseWordsMs(text: string, nowMs: number): number | undefined {
  const unquoted = maskQuotedText(text);
  const delays = [...englishDelays(unquoted, nowMs), ...chineseDelays(unquoted)]
    .filter((delayMs) => delayMs !== undefined)
    .map((delayMs) => ({ delayMs, evidence: '' }));
  return longestDelay(delays)?.delayMs;
}

function* englishDelays(text: string, nowMs: number): Generator<number | undefined> {
  for (const match of text.matchAll(ENGLISH_LEAD)) {
    const start = match.index + match[0].length;
    const moment = matchAt(MOMENT, text, start);
    if (moment !== undefined) yield delayUntilMs(parseMomentMs(moment), nowMs);
    else yield amountsMs(text, start) ?? bareSecondsMs(match[0], text, start);
  }
}

/** Adds up amounts that follow each other: `1h2m3s`, `2 minutes and 5 seconds`. */
function amountsMs(text: string, start: number): number | undefined {
  let totalMs: number | undefined;
  ENGLISH_PART.lastIndex = start;
  for (let part = ENGLISH_PART.exec(text); part !== null; part = ENGLISH_PART.exec(text)) {
    const ms = amountMs(part[1]!, part[2]!);
    if (ms === undefined) break;
    totalMs = (totalMs ?? 0) + ms;
  }
  return totalMs === undefined ? undefined : sensibleMs(totalMs);
}

function bareSecondsMs(lead: string, text: string, start: number): number | undefined {
  const figure = BARE_SECONDS_LEAD.test(lead) ? matchAt(BARE_SECONDS, text, start) : undefined;
  return figure === undefined ? undefined : parseSecondsMs(figure);
}

function* chineseDelays(text: string): Generator<number | undefined> {
  for (const wait of CHINESE_WAITS) {
    for (const [, amounts] of text.matchAll(wait)) {
      let totalMs = 0;
      for (const [, amount, unit] of amounts!.matchAll(CHINESE_PART))
        totalMs += amountMs(amount!, unit!) ?? 0;
      yield sensibleMs(totalMs);
    }
  }
}

function matchAt(sticky: RegExp, text: string, index: number): string | undefined {
  sticky.lastIndex = index;
  return sticky.exec(text)?.[0];
}
