import { closeCutJson } from './cut-json.ts';
import { maskQuotedText } from './quoted-text.ts';

// Of a longer stream the end tells how it failed; a line that does not parse costs 4 us.
const maxLines = 64;

/**
 * The JSON values that a text holds, in its order: one document, the `data:` lines of an event stream, one document a line, or one
 * at the end of a sentence ("429 Too Many Requests {...}"). What was cut off is read as far as it goes. Never throws.
 */
export function jsonDocuments(text: string): readonly unknown[] {
  const trimmed = text.trim();
  if (startsLikeJson(trimmed)) {
    const whole = parsed(trimmed);
    if (whole !== undefined) return [whole];
    const lines = lineDocuments(trimmed.split('\n'));
    if (lines.length > 1) return lines;
    const cut = parsedCut(trimmed);
    return cut === undefined ? [] : [cut];
  }
  const events = trimmed.split('\n').filter((line) => line.startsWith('data:'));
  if (events.length > 0) return eventDocuments(events.map((line) => line.slice('data:'.length).trim()));
  const trailing = trailingJson(trimmed);
  return trailing === undefined ? [] : [trailing];
}

/** The text before a JSON document that ends it, or all of it. */
export function beforeTrailingData(text: string): string {
  const start = trailingDataStart(text);
  return start === -1 ? text : text.slice(0, start);
}

/** Whether a text opens as an object or an array does: "[429] Too many requests" does not. */
export function startsLikeJson(text: string): boolean {
  return /^\s*(?:\{\s*["}]|\[\s*[{["\]])/.test(text);
}

function lineDocuments(lines: readonly string[]): readonly unknown[] {
  const found: unknown[] = [];
  for (const line of lines.slice(-maxLines)) {
    const document = startsLikeJson(line) ? parsed(line) : undefined;
    if (document !== undefined) found.push(document);
  }
  return found;
}

function eventDocuments(payloads: readonly string[]): readonly unknown[] {
  const last = payloads.at(-1)!;
  const found = [...lineDocuments(payloads)];
  if (startsLikeJson(last) && parsed(last) === undefined) {
    const cut = parsedCut(last);
    if (cut !== undefined) found.push(cut);
  }
  return found;
}

function trailingJson(text: string): unknown {
  const start = trailingDataStart(text);
  if (start === -1) return undefined;
  const document = text.slice(start);
  return parsed(document) ?? parsedCut(document);
}

/** Where data begins that a text ends with, or -1. What stands in quotation marks is somebody's text, not the provider's answer. */
export function trailingDataStart(text: string): number {
  const start = text.search(/[{[]\s{0,3}["']/);
  return start === -1 || maskQuotedText(text)[start] === ' ' ? -1 : start;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

function parsedCut(text: string): unknown {
  const closed = closeCutJson(text);
  return closed === undefined ? undefined : parsed(closed);
}
