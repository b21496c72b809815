import { readErrorBody } from '../error-body.ts';
import type { UpstreamFailure } from '../failure.ts';
import { type ErrorObject, errorObjects, fieldText, isErrorObject } from './error-objects.ts';

/** What the parsers of hints read: one failure, taken apart once. */
export interface HintEvidence {
  /** A header's value, by its name in lower case: of the answer, else of the headers an error body quotes. */
  readonly header: (name: string) => string | undefined;
  readonly objects: readonly ErrorObject[];
  /** Human words, most trusted first: the provider's, then the caller's. */
  readonly texts: readonly WordsEvidence[];
  readonly nowMs: number;
}

export interface WordsEvidence {
  readonly source: 'body' | 'message';
  readonly text: string;
}

/** A wait that the upstream asked for, not yet clamped. */
export interface FoundDelay {
  readonly delayMs: number;
  /** The header or field it came from, for the log. */
  readonly evidence: string;
}

/** Takes a failure apart for the parsers of hints. */
export function hintEvidence(failure: UpstreamFailure, nowMs: number): HintEvidence {
  const body = readErrorBody(failure.body);
  // A caller's error text often ends with the answer it got: `status 429: {"error": ...}`.
  const message = readErrorBody(failure.message);
  const objects = [...errorObjects(body.documents), ...errorObjects(message.documents)];
  const quoted = quotedHeaders(objects);
  return {
    header: (name) => failure.headers.get(name) ?? quoted.get(name),
    objects,
    texts: [
      { source: 'body', text: body.message },
      { source: 'message', text: message.message },
    ],
    nowMs,
  };
}

/** The longest of several waits: when one limit ends while another still holds, nothing is won. */
export function longestDelay(delays: readonly FoundDelay[]): FoundDelay | undefined {
  return delays.reduce<FoundDelay | undefined>(
    (longest, delay) => (longest === undefined || delay.delayMs > longest.delayMs ? delay : longest),
    undefined,
  );
}

/**
 * Headers quoted inside an error body. OpenRouter puts a limit's there (`error.metadata.headers`), Codex those of an error that
 * comes over a WebSocket, where no HTTP answer carries them.
 */
function quotedHeaders(objects: readonly ErrorObject[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const object of objects) {
    if (!isErrorObject(object.headers)) continue;
    for (const [name, value] of Object.entries(object.headers).slice(0, 64)) {
      const text = fieldText(value);
      if (text !== undefined) headers.set(name.toLowerCase(), text);
    }
  }
  return headers;
}
