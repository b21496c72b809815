import { readErrorBody } from './error-body.ts';
import type { UpstreamFailure } from './failure.ts';
import { htmlText } from './html-text.ts';

const MAX_TEXT_LENGTH = 16 * 1024;
const MAX_FINGERPRINT_LENGTH = 512;

const MONTHS = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}';
const WEEKDAYS = '(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}';

/** What differs between two tellings of one fault, most specific first; each becomes `#`. Linear, as each starts at its own place. */
const VARIABLE_PARTS: readonly { readonly pattern: RegExp; readonly varies: (part: string) => boolean }[] = [
  // Dates with names in them: `Sun, 06 Nov 1994`, `06-Nov-94`, `Nov 6, 1994`.
  { pattern: new RegExp(`\\b(?:${WEEKDAYS},? )?\\d{1,2}[ -]${MONTHS}[ -]\\d{2,4}\\b`, 'gi'), varies: always },
  {
    pattern: new RegExp(`\\b(?:${WEEKDAYS},? )?${MONTHS} {1,2}\\d{1,2}\\b(?:, \\d{4}\\b)?`, 'gi'),
    varies: always,
  },
  {
    pattern:
      /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?)?/gi,
    varies: always,
  },
  // Ids by their prefix (`req_011CSHo`, `chatcmpl-9xY`), which alone may hold separators within.
  {
    pattern:
      /\b(?:req|request|trace|span|msg|resp|chatcmpl|gen|call|run|org|proj|acct|account|user|key|sk)[_-][\w-]{4,}/gi,
    varies: hasDigit,
  },
  { pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, varies: always },
  // Random runs: letters and digits mixed, or hex without a digit.
  {
    pattern: /[A-Za-z0-9]{8,}/g,
    varies: (run) => (hasDigit(run) && /[A-Za-z]/.test(run)) || /^[a-f]+$/i.test(run),
  },
  // Figures, durations with their units among them (`1 second` and `2 seconds` read alike), addresses and ports.
  {
    pattern:
      /\d[\d.,:]*(?: ?(?:milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?)\b|(?:ns|us|µs|ms|s|m|h|d)(?![a-z]))?/gi,
    varies: always,
  },
];

/**
 * A text that two answers share where they tell of the same fault: the same 5xx status and the same message but for ids, times and
 * figures. Empty for anything but a 5xx answer. At most 512 characters. Answers without any words are alike if their status is.
 */
export function faultFingerprint(failure: UpstreamFailure): string {
  const { httpStatus } = failure;
  if (httpStatus < 500 || httpStatus > 599) return '';
  return `${httpStatus} ${withoutVariableParts(faultText(failure))}`.slice(0, MAX_FINGERPRINT_LENGTH).trim();
}

/** The answer's own words; the caller's, which may name the account, only where it has none. */
function faultText({ body, message }: UpstreamFailure): string {
  const answer = readErrorBody(body);
  const text = answer.html ? htmlText(body.slice(0, MAX_TEXT_LENGTH)) : answer.message || body.trim();
  return (text || message).slice(0, MAX_TEXT_LENGTH);
}

function withoutVariableParts(text: string): string {
  let plain = text;
  for (const { pattern, varies } of VARIABLE_PARTS) {
    plain = plain.replaceAll(pattern, (part) => (varies(part) ? '#' : part));
  }
  return plain.replaceAll(/#{2,}/g, '#').replaceAll(/\s+/g, ' ').trim().toLowerCase();
}

function hasDigit(text: string): boolean {
  return /\d/.test(text);
}

function always(): boolean {
  return true;
}
