import type { FailoverReason } from './failure.ts';
import { auth } from './phrases/auth.ts';
import { billing } from './phrases/billing.ts';
import { cancelled } from './phrases/cancelled.ts';
import { contextOverflow } from './phrases/context-overflow.ts';
import { format } from './phrases/format.ts';
import { modelNotFound } from './phrases/model-not-found.ts';
import { network } from './phrases/network.ts';
import { overloaded } from './phrases/overloaded.ts';
import { rateLimit } from './phrases/rate-limit.ts';
import { serverError } from './phrases/server-error.ts';
import { timeout } from './phrases/timeout.ts';
import { maskQuotedText } from './quoted-text.ts';
import type { Phrase, WordTable } from './word-table.ts';

/** A phrase and what it means. */
export interface WordFinding {
  readonly phrase: string;
  readonly reason: FailoverReason;
}

// An error's words stand at its start. Bounds the work of a few hundred searches to well under a millisecond.
const maxSearched = 4096;
const maxGap = 80;
const maxStarts = 8;

/** A message as phrases are searched in it: without quoted text, in lower case, blanks made single. */
export function plainWords(message: string): string {
  const unquoted = maskQuotedText(message);
  const short = unquoted.replaceAll(/\s+/g, ' ').slice(0, maxSearched);
  return short.toLowerCase().replaceAll('’', "'");
}

/** The first reason, in the reasons' order, of which a phrase stands in `words` (made by `plainWords`). */
export function reasonOfWords(
  words: string,
  consulted: (reason: FailoverReason) => boolean,
): WordFinding | undefined {
  if (words.trim() === '') return undefined;
  for (const { reason, phrases, unless } of compiled) {
    if (!consulted(reason) || unless.some((phrase) => contains(words, phrase))) continue;
    for (const phrase of phrases) {
      if (contains(words, phrase.parts) && !phrase.unless.some((other) => contains(words, other))) {
        return { phrase: phrase.text, reason };
      }
    }
  }
  return undefined;
}

/** In the order of the reasons: what is listed first is the stronger wording. */
const wordTables: readonly WordTable[] = [
  cancelled,
  billing,
  auth,
  contextOverflow,
  modelNotFound,
  format,
  overloaded,
  rateLimit,
  timeout,
  network,
  serverError,
];

type Parts = readonly string[];

const compiled = wordTables.map(({ reason, phrases, unless }) => ({
  reason,
  phrases: phrases.map(compile),
  unless: (unless ?? []).map(partsOf),
}));

function compile(phrase: Phrase): { text: string; parts: Parts; unless: readonly Parts[] } {
  const [text, ...unless] = typeof phrase === 'string' ? [phrase] : phrase;
  return { text, parts: partsOf(text), unless: unless.map(partsOf) };
}

function partsOf(text: string): Parts {
  return text.split(' ~ ');
}

/** Whether the parts stand in `words` in order, at most 80 characters from each to the next. */
function contains(words: string, parts: Parts): boolean {
  const [first, ...rest] = parts;
  if (first!.startsWith('=')) return words.trim() === first!.slice(1);
  let at = indexOfWord(words, first!, 0);
  for (let starts = 0; at !== -1; starts++) {
    if (rest.length === 0 || followed(words, at + first!.length, rest)) return true;
    if (starts === maxStarts) return false;
    at = indexOfWord(words, first!, at + 1);
  }
  return false;
}

function followed(words: string, from: number, parts: Parts): boolean {
  let start = from;
  for (const part of parts) {
    const window = words.slice(start, start + maxGap + part.length);
    const at = indexOfWord(window, part, 0);
    if (at === -1) return false;
    start += at + part.length;
  }
  return true;
}

/** Where a phrase begins a word: "separate limits" holds no rate limit. */
function indexOfWord(text: string, phrase: string, from: number): number {
  let at = text.indexOf(phrase, from);
  while (at > 0 && isLatin(phrase.charCodeAt(0)) && isLatin(text.charCodeAt(at - 1))) {
    at = text.indexOf(phrase, at + 1);
  }
  return at;
}

function isLatin(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}
