import { expect, it } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { StateUnavailableError } from '../../src/ports/state-unavailable.ts';
import { overriding } from '../support/overriding.ts';
import { startTestApp } from '../support/start-app.ts';

const { method } = RouterService;

it('answers UNAVAILABLE, and says why, while the shared state can not be asked', async () => {
  let away = false;
  const gone = async () => {
    throw new StateUnavailableError('redis at 10.0.0.7: connection refused');
  };
  const { grpc, admin, metric } = await startTestApp({
    config: { accounts: [{ id: 'a', platform: 'anthropic', type: 'oauth' }] },
    adapters: {
      state: (state) =>
        overriding(state, {
          claim: (request) => (away ? gone() : state.claim(request)),
          settle: (request) => (away ? gone() : state.settle(request)),
          renew: (...args) => (away ? gone() : state.renew(...args)),
          setOverride: (...args) => (away ? gone() : state.setOverride(...args)),
        }),
    },
  });
  const granted = await grpc.unary(method.selectAccount, { model: 'm' });
  const leaseId = granted.outcome.case === 'selection' ? granted.outcome.value.lease!.id : '';
  away = true;

  const refusals = await Promise.all(
    [
      grpc.unary(method.selectAccount, { model: 'm', sessionId: 's' }),
      grpc.unary(method.reportResult, { leaseId, outcome: { case: 'success', value: {} } }),
      grpc.unary(method.renewLease, { leaseId }),
    ].map((call) =>
      call.then(
        () => undefined,
        (error: { code: number; details: string }) => error,
      ),
    ),
  );
  for (const refusal of refusals) {
    expect(refusal?.code).toBe(14);
    expect(refusal?.details).toContain('state.on_outage');
    expect(refusal?.details).not.toContain('10.0.0.7');
  }
  await expect(admin.setAccountSchedulable({ accountId: 'a', schedulable: false })).rejects.toThrow(
    /unavailable/,
  );
  expect(await metric('remora_sticky_reads_total', { result: 'error' })).toBe(1);
  expect(await metric('remora_selections_total', { outcome: 'unavailable' })).toBe(1);
});
