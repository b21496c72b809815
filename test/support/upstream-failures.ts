import type { UpstreamFailure } from '../../src/failover/failure.ts';

export interface FailureParts extends Partial<Omit<UpstreamFailure, 'headers' | 'body'>> {
  readonly headers?: Readonly<Record<string, string>>;
  /** Written as JSON unless it is text already. */
  readonly body?: unknown;
}

/** A failed answer, 429 and empty but for what a test sets. */
export function upstreamFailure({ headers = {}, body = '', ...rest }: FailureParts = {}): UpstreamFailure {
  return {
    httpStatus: 429,
    transportError: 'NONE',
    message: '',
    ...rest,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: new Map(Object.entries(headers)),
  };
}
