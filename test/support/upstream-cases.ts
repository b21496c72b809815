import { readFileSync } from 'node:fs';
import type { CooldownScope, FailoverReason, UpstreamFailure } from '../../src/failover/failure.ts';

/** One line of test/fixtures/upstream-errors.jsonl: an upstream's answer and what must be made of it. */
export interface UpstreamCase {
  readonly name: string;
  readonly failure: UpstreamFailure;
  readonly reason: FailoverReason;
  readonly failover: boolean;
  /** Absent where no account is cooled. */
  readonly scope?: CooldownScope;
  /** Length of the cooldown in seconds where the answer (or a fixed schedule) decides it. */
  readonly cooldownS?: number;
}

interface CaseLine {
  readonly name: string;
  readonly http_status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly transport_error: UpstreamFailure['transportError'];
  readonly message: string;
  readonly reason: FailoverReason;
  readonly failover: boolean;
  readonly scope?: CooldownScope;
  readonly cooldown_s?: number;
}

const FIXTURE = new URL('../fixtures/upstream-errors.jsonl', import.meta.url);

/**
 * The cases with their moments filled in: `{{now+300s}}` becomes ISO 8601, `{{unix+300}}` seconds since the epoch,
 * `{{http+300}}` an HTTP date, each that many seconds after `nowMs` (or before it, with a minus).
 */
export function loadCases(nowMs: number): UpstreamCase[] {
  return readFileSync(FIXTURE, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => toCase(JSON.parse(line) as CaseLine, nowMs));
}

function toCase(line: CaseLine, nowMs: number): UpstreamCase {
  const headers = Object.entries(line.headers).map(
    ([name, value]) => [name.toLowerCase(), fillMoments(value, nowMs)] as const,
  );
  return {
    name: line.name,
    failure: {
      httpStatus: line.http_status,
      body: fillMoments(line.body, nowMs),
      transportError: line.transport_error,
      message: fillMoments(line.message, nowMs),
      headers: new Map(headers),
    },
    reason: line.reason,
    failover: line.failover,
    ...(line.scope !== undefined && { scope: line.scope }),
    ...(line.cooldown_s !== undefined && { cooldownS: line.cooldown_s }),
  };
}

/** Replaces the templates of a fixture's text, see {@link loadCases}. */
export function fillMoments(text: string, nowMs: number): string {
  return text.replace(/\{\{(now|unix|http)([+-]\d+(?:\.\d+)?)s?\}\}/g, (_, kind: string, offsetS: string) => {
    const atMs = nowMs + Number(offsetS) * 1000;
    if (kind === 'unix') return String(Math.round(atMs / 1000));
    return kind === 'http' ? new Date(atMs).toUTCString() : new Date(atMs).toISOString();
  });
}
