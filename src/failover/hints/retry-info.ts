import { parseDecimal, parseDurationMs, parseSecondsMs, sensibleMs } from './durations.ts';
import { type ErrorObject, fieldText, isErrorObject } from './error-objects.ts';
import { type FoundDelay, type HintEvidence, longestDelay } from './evidence.ts';

/** The type's name ends its `@type` URL, whatever host stands before it. */
const RETRY_INFO_TYPE = /(?:^|[./])google\.rpc\.RetryInfo$/;

/** The wait in Google's RetryInfo, among an error's details. */
export function retryInfoDelay({ objects }: HintEvidence): FoundDelay | undefined {
  return longestDelay(objects.flatMap((object) => delayOf(object) ?? []));
}

function delayOf(object: ErrorObject): FoundDelay | undefined {
  const type = object['@type'];
  if (typeof type !== 'string' || !RETRY_INFO_TYPE.test(type)) return undefined;
  const delayMs = parseRetryDelayMs(object.retryDelay ?? object.retry_delay);
  return delayMs === undefined ? undefined : { delayMs, evidence: 'RetryInfo.retryDelay' };
}

/** A protobuf Duration as JSON (`34.07s`) or as its two fields (`{seconds, nanos}`). Milliseconds. */
export function parseRetryDelayMs(value: unknown): number | undefined {
  if (isErrorObject(value)) {
    const secondsMs = parseSecondsMs(fieldText(value.seconds ?? 0) ?? '');
    const nanos = parseDecimal(fieldText(value.nanos ?? 0) ?? '');
    if (value.seconds === undefined && value.nanos === undefined) return undefined;
    return secondsMs === undefined || nanos === undefined ? undefined : sensibleMs(secondsMs + nanos / 1e6);
  }
  const text = fieldText(value);
  return text === undefined ? undefined : (parseDurationMs(text) ?? parseSecondsMs(text));
}
