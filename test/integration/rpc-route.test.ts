import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { type RouteRequestSchema, type RouteResponse, RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { costing, leaseOf, report, seconds, select } from '../support/calls.ts';
import { createGrpcClient } from '../support/clients.ts';
import { overriding } from '../support/overriding.ts';
import { groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import { until, untilWaiting } from '../support/waiting.ts';

type Sent = MessageInitShape<typeof RouteRequestSchema>;

const config = groupOf([subscription('a', { concurrency: 2, limits: { window_cost: 100 } })]);

/** A Route stream on a connection of its own. */
function openStream(app: RunningApp) {
  const client = createGrpcClient(app.app.grpcAddresses[0]!);
  const stream = client.bidi(RouterService.method.route);
  const answers = new Map<bigint, RouteResponse>();
  const waiting = new Map<bigint, (answer: RouteResponse) => void>();
  stream.on('data', (answer: RouteResponse) => {
    answers.set(answer.id, answer);
    waiting.get(answer.id)?.(answer);
  });
  // However it ends, the test looks at what became of the leases.
  stream.on('error', () => undefined);
  let lastId = 0n;
  const send = (call: NonNullable<Sent['call']>): Promise<RouteResponse> => {
    lastId += 1n;
    const id = lastId;
    stream.write({ id, call });
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    stream,
    client,
    answers,
    send,
    async take(request: object = {}): Promise<string> {
      const { result } = await send({ case: 'select', value: { groupId: 'g', ...request } });
      if (result.case !== 'select' || result.value.outcome.case !== 'selection')
        throw new Error(`no selection but ${result.case}`);
      return result.value.outcome.value.lease?.id ?? '';
    },
  };
}

const untilFree = (app: RunningApp) =>
  until(async () => (await app.metric('remora_account_in_flight', { account: 'a' })) === 0);

describe('a Route stream', () => {
  it('answers each call by its id, and an error ends one call alone', async () => {
    const app = await startTestApp({ config });
    const { send, take, stream, client } = openStream(app);
    const leaseId = await take();
    const refused = await send({ case: 'select', value: { groupId: 'nowhere' } });
    expect(refused.result).toMatchObject({ case: 'error', value: { code: 5 } });
    const renewed = await send({ case: 'renew', value: { leaseId, ttl: seconds(60) } });
    expect(renewed.result).toMatchObject({ case: 'renew', value: { lease: { id: leaseId } } });
    const reported = await send({
      case: 'report',
      value: { leaseId, outcome: { case: 'success', value: {} } },
    });
    expect(reported.result).toMatchObject({ case: 'report', value: { duplicate: false } });
    stream.end();
    client.close();
  });

  it.each([
    { ends: 'is ended by the client', end: ({ stream }: ReturnType<typeof openStream>) => stream.end() },
    { ends: 'is cancelled', end: ({ stream }: ReturnType<typeof openStream>) => stream.cancel() },
  ])('frees the leases not reported when it $ends', async ({ end }) => {
    const app = await startTestApp({ config });
    const route = openStream(app);
    await route.take();
    await route.take();
    expect(await app.metric('remora_leases_active')).toBe(2);
    end(route);
    await untilFree(app);
    expect(await app.metric('remora_leases_active')).toBe(0);
    expect(await app.metric('remora_leases_expired_total')).toBe(0);
    route.client.close();
  });

  it('leaves the leases of others, and those reported, alone', async () => {
    const app = await startTestApp({ config });
    await select(app);
    const route = openStream(app);
    const leaseId = await route.take();
    await route.send({ case: 'report', value: { leaseId, outcome: { case: 'success', value: {} } } });
    route.stream.cancel();
    await until(async () => (await app.metric('grpc_server_handled_total', { grpc_method: 'Route' })) === 1);
    expect(await app.metric('remora_leases_active')).toBe(1);
    route.client.close();
  });

  it('lets a lost lease be reported later, and books its usage once', async () => {
    const app = await startTestApp({ config });
    const route = openStream(app);
    const leaseId = await route.take();
    route.stream.cancel();
    await untilFree(app);
    expect((await report(app, leaseId, costing(4))).duplicate).toBe(false);
    expect((await report(app, leaseId, costing(4))).duplicate).toBe(true);
    const [account] = (await app.admin.listAccounts({ accountIds: ['a'] })).accounts;
    expect(account).toMatchObject({ windowCost: 4, inFlight: 0 });
    route.client.close();
  });

  it('keeps a lease that a repeated request was answered with elsewhere', async () => {
    const app = await startTestApp({ config });
    const route = openStream(app);
    const leaseId = await route.take({ requestId: 'r' });
    expect(leaseOf(await select(app, { requestId: 'r' }))).toBe(leaseId);
    const before = await app.metric('grpc_server_handled_total', { grpc_method: 'Route' });
    route.stream.cancel();
    await until(
      async () => (await app.metric('grpc_server_handled_total', { grpc_method: 'Route' })) > before,
    );
    expect(await app.metric('remora_leases_active')).toBe(1);
    route.client.close();
  });

  it('frees a lease that only its own calls were given', async () => {
    const app = await startTestApp({ config });
    const [first, second] = [openStream(app), openStream(app)];
    const leaseId = await first.take({ requestId: 'r' });
    expect(await first.take({ requestId: 'r' })).toBe(leaseId);
    expect(await second.take({ requestId: 'r' })).toBe(leaseId);
    first.stream.cancel();
    second.stream.cancel();
    await untilFree(app);
    first.client.close();
    second.client.close();
  });

  it('hands the slots of a lost one to those who wait', async () => {
    const app = await startTestApp({ config });
    const route = openStream(app);
    await route.take();
    await route.take();
    const waiting = select(app, { maxWait: seconds(20) });
    await untilWaiting(app, 1);
    route.stream.cancel();
    expect((await waiting).account?.id).toBe('a');
    route.client.close();
  });

  it('takes its waiting calls out of the line when it is lost', async () => {
    const app = await startTestApp({ config });
    const held = [await select(app), await select(app)];
    const route = openStream(app);
    void route.send({ case: 'select', value: { groupId: 'g', maxWait: seconds(20) } });
    await untilWaiting(app, 1);
    route.stream.cancel();
    await untilWaiting(app, 0);
    for (const selection of held) await report(app, selection);
    expect(await app.metric('remora_leases_active')).toBe(0);
    route.client.close();
  });

  it('keeps its leases through the drain of the sidecar', async () => {
    const abandoned: string[] = [];
    const state = (configured: StateStore) =>
      overriding(configured, {
        abandon(leaseIds, nowMs) {
          const lost = [...leaseIds];
          abandoned.push(...lost);
          return configured.abandon(lost, nowMs);
        },
      });
    const app = await startTestApp({ config, adapters: { state } });
    const route = openStream(app);
    await route.take();
    const ended = new Promise((resolve) => route.stream.once('error', resolve));
    const closed = app.app.close({ graceMs: 5_000 });
    expect(await ended).toMatchObject({ code: 14 });
    route.client.close();
    app.clock.advance(5_000);
    await closed;
    expect(abandoned).toEqual([]);
  });
});
