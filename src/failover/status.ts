import type { FailoverReason } from './failure.ts';

/** What a status means where it says more than "bad request" or "server error" do; such a status outweighs a generic code. */
const tellingStatuses: ReadonlyMap<number, FailoverReason> = new Map([
  [401, 'AUTH'],
  [402, 'BILLING'],
  [403, 'AUTH'],
  // Also of a page without a word about models: this account's address or deployment is wrong, another's may be right.
  [404, 'MODEL_NOT_FOUND'],
  [407, 'AUTH'],
  [408, 'TIMEOUT'],
  [410, 'MODEL_NOT_FOUND'],
  [413, 'CONTEXT_OVERFLOW'],
  [429, 'RATE_LIMIT'],
  // Load balancers for "the client has gone away".
  [460, 'CANCELLED'],
  // Groq for "no capacity in this tier".
  [498, 'OVERLOADED'],
  [499, 'CANCELLED'],
  [502, 'SERVER_ERROR'],
  [503, 'SERVER_ERROR'],
  [504, 'TIMEOUT'],
  [522, 'TIMEOUT'],
  [524, 'TIMEOUT'],
  [529, 'OVERLOADED'],
  [598, 'TIMEOUT'],
]);

/** The reason a status alone gives where it is a telling one. */
export function tellingStatus(status: number): FailoverReason | undefined {
  return tellingStatuses.get(status);
}

/** The reason a status alone gives, undefined for one that says nothing (2xx, 3xx, 418, no answer). */
export function reasonOfStatus(status: number): FailoverReason | undefined {
  if (status === 400 || status === 422) return 'FORMAT';
  return tellingStatuses.get(status) ?? (status >= 500 && status <= 599 ? 'SERVER_ERROR' : undefined);
}

/** The HTTP statuses among an answer's codes: several providers repeat theirs in `error.code`, or answer 200 and say it there. */
export function statusesIn(codes: readonly string[]): readonly number[] {
  return codes.filter((code) => /^[45]\d\d$/.test(code)).map(Number);
}

const namedStatuses: readonly RegExp[] = [
  // "status: 429", "status code 503", "statusCode=502", "status_code": 500; but no process's exit status.
  /(?<!exit[ _])status[ _]?(?:code)?(?: of| is)?["']?\s{0,3}[:=]?\s{0,3}([45]\d\d)(?!\d)/,
  // "HTTP/1.1 403", "HTTP 429", "http error: 429", "error code: 1015" is too long for one.
  /(?<![a-z])http(?:\/\d(?:\.\d)?)?[ _]?(?:error|code|response)?(?: code)?:?\s{0,3}([45]\d\d)(?!\d)/,
  /(?<![a-z])error code:?\s{0,3}([45]\d\d)(?!\d)/,
  // A number beside the name the standard gives it.
  /(?<!\d)([45]\d\d)[:,]? (?:bad request|unauthorized|payment required|forbidden|not found|method not allowed|request timeout|payload too large|request entity too large|content too large|unprocessable|too many requests|client closed|internal server|bad gateway|service unavailable|service temporarily|gateway time-?out|site is overloaded)/,
];

/** The status in a Python client's "Client error '429 Too Many Requests' for url ...", which quotes it. */
export function statusQuotedIn(message: string): number | undefined {
  const found = /(?:client|server) error '([45]\d\d) /i.exec(message);
  return found === null ? undefined : Number(found[1]);
}

/** The error status that lower-case words name as one, or undefined: "429 lines" is a number, "status 429" a status. */
export function statusNamedIn(words: string): number | undefined {
  for (const pattern of namedStatuses) {
    const found = pattern.exec(words);
    if (found !== null) return Number(found[1]);
  }
  return undefined;
}
