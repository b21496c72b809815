import { connect as connectH2 } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { Call, SelectRequest } from '../../src/routing/api.ts';
import { createHttpClient } from '../support/clients.ts';
import { connectFailure, grpcFailure } from '../unit/transport/failures.ts';
import { frame, grpcHeaders, rawCall } from '../unit/transport/raw-grpc.ts';
import { openRig, refused, selected, until } from '../unit/transport/rig.ts';

const { selectAccount, reportResult } = RouterService.method;

describe('callers that leave', () => {
  /** A select that waits for its caller to leave. */
  function waiting() {
    const calls: Call[] = [];
    const select = (_request: SelectRequest, call: Call) =>
      new Promise<ReturnType<typeof refused>>((resolve) => {
        calls.push(call);
        call.onCancel(() => resolve(refused({ kind: 'cancelled', message: 'gone' })));
      });
    return { calls, select };
  }

  test('a cancelled call reaches the wait at once', async () => {
    const { calls, select } = waiting();
    const rig = await openRig({ router: { select } });
    const controller = new AbortController();
    const call = grpcFailure(rig.client.unary(selectAccount, {}, { signal: controller.signal }));
    await until(() => calls.length === 1);
    expect(calls[0]!.cancelled).toBe(false);
    controller.abort();
    expect(await call).toMatchObject({ code: 1 });
    await until(() => rig.handled.length === 1);
    expect(calls[0]!.cancelled).toBe(true);
    expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 1']);
  });

  test('so does a passed deadline, and is counted as one', async () => {
    const { calls, select } = waiting();
    const rig = await openRig({ router: { select } });
    // A stock client would cancel the call itself, at about the same time.
    const answer = await rawCall(rig.grpc.addresses[0]!, frame(Buffer.alloc(0)), { 'grpc-timeout': '50m' });
    expect(answer).toMatchObject({ 'grpc-status': '4' });
    await until(() => rig.handled.length === 1);
    expect(calls[0]!.cancelled).toBe(true);
    expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 4']);
  });

  test('so does a lost connection', async () => {
    const { calls, select } = waiting();
    const rig = await openRig({ router: { select } });
    const session = connectH2(`http://${rig.grpc.addresses[0]}`);
    const stream = session.request(grpcHeaders('SelectAccount'));
    stream.on('error', () => undefined);
    stream.end(frame(Buffer.alloc(0)));
    await until(() => calls.length === 1);
    session.destroy();
    await until(() => rig.handled.length === 1);
    expect(calls[0]!.cancelled).toBe(true);
  });

  test('an aborted fetch and a passed Connect timeout reach it, too', async () => {
    const { calls, select } = waiting();
    const rig = await openRig({ router: { select } });
    const client = createHttpClient(RouterService, rig.http.addresses[0]!);
    const controller = new AbortController();
    const aborted = connectFailure(client.selectAccount({}, { signal: controller.signal }));
    await until(() => calls.length === 1);
    controller.abort();
    await aborted;
    await until(() => calls[0]!.cancelled);

    const expired = await fetch(`${rig.httpUrl}/remora.v1.RouterService/SelectAccount`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'connect-timeout-ms': '50' },
      body: '{}',
    });
    expect(await expired.json()).toMatchObject({ code: 'deadline_exceeded' });
    await until(() => rig.handled.length === 2);
    expect(rig.handled).toEqual([
      'remora.v1.RouterService/SelectAccount 1',
      'remora.v1.RouterService/SelectAccount 4',
    ]);
  });

  test.each([
    ['a selection nobody hears of is given back', false, ['late']],
    ['but not one that an earlier call was answered with', true, []],
  ])('%s', async (_name, replayed, expected) => {
    const abandoned: string[] = [];
    const gate = Promise.withResolvers<void>();
    const calls: Call[] = [];
    const rig = await openRig({
      router: {
        async select(_request, call) {
          calls.push(call);
          await gate.promise;
          return { ...selected('late'), replayed };
        },
        abandon: async (ids) => void abandoned.push(...ids),
      },
    });
    const controller = new AbortController();
    const call = grpcFailure(rig.client.unary(selectAccount, {}, { signal: controller.signal }));
    await until(() => calls.length === 1);
    controller.abort();
    await call;
    await until(() => calls[0]!.cancelled);
    gate.resolve();
    await until(() => rig.handled.length === 1);
    expect(abandoned).toEqual(expected);
  });

  test("nor is a report's next selection kept for who has left", async () => {
    const abandoned: string[] = [];
    const rig = await openRig({
      router: {
        report: (_request, call) =>
          new Promise((resolve) => {
            call.onCancel(() =>
              resolve({ kind: 'reported', answer: { duplicate: false, next: selected('next') } }),
            );
          }),
        abandon: async (ids) => void abandoned.push(...ids),
      },
    });
    const request = { leaseId: 'l', outcome: { case: 'success', value: {} } } as const;
    await grpcFailure(rig.client.unary(reportResult, request, { deadline: Date.now() + 50 }));
    await until(() => abandoned.length === 1);
    expect(abandoned).toEqual(['next']);
  });

  test('a listener that comes after the end still runs', async () => {
    let late = 0;
    const done = Promise.withResolvers<void>();
    const rig = await openRig({
      router: {
        async select(_request, call) {
          await new Promise<void>((resolve) => call.onCancel(resolve));
          call.onCancel(() => {
            late++;
            done.resolve();
          });
          const unsubscribe = call.onCancel(() => undefined);
          unsubscribe();
          return refused({ kind: 'cancelled', message: 'gone' });
        },
      },
    });
    await grpcFailure(rig.client.unary(selectAccount, {}, { deadline: Date.now() + 30 }));
    await done.promise;
    expect(late).toBe(1);
  });
});
