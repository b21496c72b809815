import { describe, expect, test } from 'vitest';
import type { CooldownRecord } from '../../../src/failover/cooldown.ts';
import type { SettleResult } from '../../../src/ports/state-store.ts';
import { logReport, type ReportEvent } from '../../../src/routing/report-log.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { upstreamFailure } from '../../support/upstream-failures.ts';

const untilMs = Date.UTC(2026, 0, 5, 12, 1);

const lease = { nonce: 'l1', accountId: 'a', groupId: 'g', model: 'm', grantedAtMs: 0 };
const judgement = {
  failure: upstreamFailure(),
  classification: { reason: 'RATE_LIMIT', failover: true, evidence: 'status 429' },
  hint: undefined,
} as const;
const record: CooldownRecord = {
  failures: 2,
  billingFailures: 3,
  lastFailureAtMs: 0,
  startedAtMs: 0,
  untilMs,
  reason: 'RATE_LIMIT',
  source: 'SCHEDULE',
  probeDue: true,
};

function logged(parts: Partial<Omit<ReportEvent, 'result'>> & { readonly result?: Partial<SettleResult> }) {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({
    level: 'debug',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const settled = { duplicate: false, cooldown: undefined, platformFault: false, lease: undefined };
  logReport(log, { lease, judgement, ...parts, result: { ...settled, ...parts.result } });
  return lines;
}

describe('the line of a report', () => {
  test('is there for a failure alone, and at its first telling alone', () => {
    expect(logged({ judgement: undefined })).toEqual([]);
    expect(logged({ result: { duplicate: true } })).toEqual([]);
    expect(logged({})).toHaveLength(1);
  });

  test('tells the failures of its own kind', () => {
    const cooldown = { scope: 'ACCOUNT_MODEL', record, moved: true } as const;
    expect(logged({ result: { cooldown } })[0]).toMatchObject({ level: 'warn', failures: 2 });
    const unpaid = { scope: 'ACCOUNT', record: { ...record, reason: 'BILLING' }, moved: true } as const;
    expect(logged({ result: { cooldown: unpaid } })[0]).toMatchObject({ level: 'warn', failures: 3 });
  });

  test('names where the hint was read', () => {
    const hint = { untilMs, scope: 'ACCOUNT_MODEL', evidence: 'header retry-after' } as const;
    expect(logged({ judgement: { ...judgement, hint } })[0]).toMatchObject({ hint: 'header retry-after' });
    expect(logged({})[0]).not.toHaveProperty('hint');
  });

  test('is no warning where nothing changes', () => {
    const cooldown = { scope: 'ACCOUNT_MODEL', record, moved: false } as const;
    expect(logged({ result: { cooldown } })[0]).toMatchObject({
      level: 'info',
      msg: 'account a failed for model m: RATE_LIMIT; its cooldown for that model stands until 2026-01-05T12:01:00.000Z',
    });
    expect(logged({})[0]).toMatchObject({ level: 'info' });
    expect(logged({ result: { platformFault: true } })[0]).toMatchObject({ level: 'warn' });
  });
});
