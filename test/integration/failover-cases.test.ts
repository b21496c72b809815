import { describe, expect, test } from 'vitest';
import {
  CooldownScope,
  CooldownSource,
  FailoverReason,
  TransportError,
} from '../../gen/remora/v1/failure_pb.ts';
import type { UpstreamFailure } from '../../src/failover/failure.ts';
import { manualClock } from '../support/manual-clock.ts';
import { startTestApp } from '../support/start-app.ts';
import { loadCases } from '../support/upstream-cases.ts';
import {
  accountState,
  type FailureFields,
  failNext,
  nameOf,
  type ReportFields,
  reportFailure,
  secondsFromNow,
  select,
} from './failover-steps.ts';

const clock = manualClock();
const cases = loadCases(clock.now());

/** The schedule's first step, where the case doesn't say how long. */
const firstStepS: Partial<Record<string, number>> = {
  BILLING: 5 * 3600,
  OVERLOADED: 10,
  MODEL_NOT_FOUND: 3600,
};

function failureOf({ httpStatus, body, transportError, message }: UpstreamFailure): FailureFields {
  const error = { NONE: TransportError.UNSPECIFIED, ...TransportError }[transportError];
  return { httpStatus, body, message, transportError: error };
}

/** Names in capitals: they are no part of what a header says. */
function headersOf({ headers }: UpstreamFailure): ReportFields {
  return {
    responseHeaders: Object.fromEntries([...headers].map(([name, value]) => [name.toUpperCase(), value])),
  };
}

describe('a reported upstream answer', () => {
  test(`is judged as it should be, in each of ${cases.length} cases, and its account is listed so`, async () => {
    const app = await startTestApp({
      clock,
      config: {
        accounts: cases.map((_, index) => ({
          id: `a${index}`,
          platform: 'anthropic',
          type: 'api_key',
          models: [`m${index}`],
        })),
      },
    });
    expect(cases.length).toBeGreaterThanOrEqual(120);
    for (const [index, known] of cases.entries()) {
      const selection = await select(app, { model: `m${index}` });
      const { classification } = await reportFailure(
        app,
        selection,
        failureOf(known.failure),
        headersOf(known.failure),
      );
      const name = `${known.name}: ${nameOf(FailoverReason, classification!.reason)}`;
      expect(nameOf(FailoverReason, classification!.reason), name).toBe(known.reason);
      expect(classification!.failover, name).toBe(known.failover);
      const { cooldowns } = await accountState(app, `a${index}`);
      const { cooldown } = classification!;
      expect(cooldown && nameOf(CooldownScope, cooldown.scope), name).toBe(known.scope);
      expect(cooldowns.length, name).toBe(cooldown === undefined ? 0 : 1);
      if (cooldown === undefined) continue;
      expect(cooldowns[0], name).toMatchObject({
        reason: classification!.reason,
        scope: cooldown.scope,
        source: cooldown.source,
        until: cooldown.until,
        model: cooldown.scope === CooldownScope.ACCOUNT ? '' : `m${index}`,
        failures: 1,
      });
      const wanted = known.cooldownS ?? firstStepS[known.reason] ?? 60;
      const within = Math.abs(secondsFromNow(cooldown.until, app) - wanted);
      expect(within, `${name}, ${secondsFromNow(cooldown.until, app)} s`).toBeLessThanOrEqual(2);
      if (known.cooldownS === undefined) expect(cooldown.source, name).toBe(CooldownSource.SCHEDULE);
    }
  });

  test('that is larger than is read is judged by its start', async () => {
    const app = await startTestApp({ config: { accounts: [{ id: 'a', platform: 'anthropic' }] } });
    const body = `{"error":{"type":"rate_limit_error","message":"slow down"}}${' '.repeat(600_000)}`;
    expect(await failNext(app, { httpStatus: 429, body })).toMatchObject({ reason: 'RATE_LIMIT' });
  });
});
