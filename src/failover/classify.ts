import { type CodeFinding, genericCode, specificCode } from './codes.ts';
import { readErrorBody } from './error-body.ts';
import type { Classification, CooldownScope, FailoverReason, UpstreamFailure } from './failure.ts';
import { codesPrintedIn } from './printed-codes.ts';
import { reasonOfStatus, statusesIn, statusNamedIn, statusQuotedIn, tellingStatus } from './status.ts';
import { plainWords, reasonOfWords } from './words.ts';

interface Finding {
  readonly reason: FailoverReason;
  readonly evidence: string;
}

/**
 * What a failed attempt means, by the strongest evidence there is: a provider's specific code, the words of its message, a generic
 * code or the HTTP status, the caller's transport error, the caller's words. Never throws, whatever the body holds.
 */
export function classify(failure: UpstreamFailure): Classification {
  const found = evidenceOfAnswer(failure) ?? evidenceOfCaller(failure) ?? nothingKnown(failure);
  return { reason: found.reason, failover: failsOver(found.reason), evidence: found.evidence };
}

/** What the schedule cools for a reason, absent a hint: money and credentials are the account's, the rest one model's. */
export function defaultScope(reason: FailoverReason): CooldownScope {
  return reason === 'BILLING' || reason === 'AUTH' ? 'ACCOUNT' : 'ACCOUNT_MODEL';
}

/** Whether another account may do better. What the caller did or wanted is the same everywhere, and the unknown may be. */
function failsOver(reason: FailoverReason): boolean {
  return (
    reason !== 'CANCELLED' && reason !== 'FORMAT' && reason !== 'CONTEXT_OVERFLOW' && reason !== 'UNKNOWN'
  );
}

/** What the upstream's own answer says: headers, body, status. */
function evidenceOfAnswer({ httpStatus, headers, body }: UpstreamFailure): Finding | undefined {
  const answer = readErrorBody(body);
  const errorType = headers.get('x-amzn-errortype');
  const codes = errorType === undefined ? answer.codes : [errorType.slice(0, maxCode), ...answer.codes];
  // A text without structure under a 2xx status is what the model said.
  const message = answer.documents.length === 0 && isSuccess(httpStatus) ? '' : answer.message;
  return (
    byCode(specificCode(codes)) ??
    byWords(plainWords(message), (reason) => maySpeak(reason, httpStatus)) ??
    byStatus(codes, httpStatus)
  );
}

/** What the caller says of it: the kind of transport error, then its own words. */
function evidenceOfCaller({ transportError, message }: UpstreamFailure): Finding | undefined {
  if (transportError !== 'NONE') {
    return { reason: transportError, evidence: `transport error ${transportError.toLowerCase()}` };
  }
  // Clients print the provider's answer at the end of their own words.
  const answer = readErrorBody(message);
  const words = plainWords(answer.html ? message : answer.message);
  const codes = [...answer.codes, ...codesPrintedIn(words)];
  const status = statusNamedIn(words) ?? statusQuotedIn(message) ?? 0;
  return (
    byCode(specificCode(codes)) ??
    byWords(words, (reason) => !isRemote(reason) && maySpeak(reason, status)) ??
    byStatus(codes, status) ??
    byWords(words, isRemote)
  );
}

function nothingKnown({ httpStatus }: UpstreamFailure): Finding {
  return { reason: 'UNKNOWN', evidence: httpStatus === 0 ? 'nothing known' : `status ${httpStatus}` };
}

const maxCode = 256;

function byCode(found: CodeFinding | undefined): Finding | undefined {
  return found && { reason: found.reason, evidence: `code ${found.code}` };
}

function byWords(words: string, consulted: (reason: FailoverReason) => boolean): Finding | undefined {
  const found = reasonOfWords(words, consulted);
  return found && { reason: found.reason, evidence: `words "${found.phrase}"` };
}

/** A telling status, else a generic code, else any status; one that the answer's body names goes before the HTTP status. */
function byStatus(codes: readonly string[], httpStatus: number): Finding | undefined {
  const statuses = [...statusesIn(codes), httpStatus];
  for (const status of statuses) {
    const reason = tellingStatus(status);
    if (reason !== undefined) return { reason, evidence: `status ${status}` };
  }
  const generic = byCode(genericCode(codes));
  // Some call each of their errors an invalid request; a 5xx knows better.
  const mislabelled = generic?.reason === 'FORMAT' && httpStatus >= 500;
  if (generic !== undefined && !mislabelled) return generic;
  for (const status of statuses) {
    const reason = reasonOfStatus(status);
    if (reason !== undefined) return { reason, evidence: `status ${status}` };
  }
  return undefined;
}

/**
 * Whether words may give a reason beside a status. With a 4xx or 5xx an answer came: what it says of connections and servers is
 * less than the status. And where it says that money, a limit or the provider is at fault, advice about a parameter ("lower your
 * max_tokens") makes no fault of the caller's.
 */
function maySpeak(reason: FailoverReason, status: number): boolean {
  if (isRemote(reason)) return status < 400 || status === 400 || status === 422;
  if (reason === 'FORMAT') return !(status === 401 || status === 402 || status === 429 || status > 500);
  return true;
}

function isSuccess(httpStatus: number): boolean {
  return httpStatus >= 200 && httpStatus < 300;
}

function isRemote(reason: FailoverReason): boolean {
  return reason === 'NETWORK' || reason === 'SERVER_ERROR';
}
