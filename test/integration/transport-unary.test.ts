import { connect as connectH2 } from 'node:http2';
import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { type Code, ConnectError } from '@connectrpc/connect';
import type { ServiceError } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/google/rpc/status_pb.ts';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { SelectionFailureSchema } from '../../gen/remora/v1/selection_pb.ts';
import type { Call, Refusal, ReportRequest, SelectRequest } from '../../src/routing/api.ts';
import { createHttpClient } from '../support/clients.ts';
import { openRig, refused, selected, until } from '../unit/transport/rig.ts';

const { selectAccount, reportResult, listModels, renewLease } = RouterService.method;

async function grpcFailure(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => expect.unreachable('the call should fail'),
    (error: ServiceError) => error,
  );
}

async function connectFailure(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => expect.unreachable('the call should fail'),
    (error: unknown) => ConnectError.from(error),
  );
}

const failure = {
  rejections: [{ verdict: 'COOLING_DOWN', count: 2 }],
  attempts: [],
  attemptsOmitted: 0,
  earliestAvailableMs: 12_500,
} as const;

/** A clock that stands still, so that a delay from now is exact. */
const clock = { now: () => 10_000, schedule: () => ({ cancel: () => undefined }) };

describe('refusals', () => {
  test.each<[Refusal['kind'], number]>([
    ['invalid', 3],
    ['not_found', 5],
    ['exhausted', 8],
    ['precondition', 9],
    ['permission', 7],
    ['unavailable', 14],
    ['cancelled', 1],
  ])('%s is code %i over every protocol', async (kind, code) => {
    const rig = await openRig({
      router: { select: async () => refused({ kind, message: 'no: try again' }) },
    });
    const error = await grpcFailure(rig.client.unary(selectAccount));
    expect([error.code, error.details]).toEqual([code, 'no: try again']);
    for (const protocol of ['connect', 'connect-json', 'grpc-web'] as const) {
      const client = createHttpClient(RouterService, rig.http.addresses[0]!, protocol);
      const refusal = await connectFailure(client.selectAccount({}));
      expect([refusal.code, refusal.rawMessage]).toEqual([code as Code, 'no: try again']);
    }
    expect(rig.handled).toEqual(Array(4).fill(`remora.v1.RouterService/SelectAccount ${code}`));
  });

  test.each<Refusal['kind']>(['exhausted', 'precondition'])(
    '%s carries why, and when to come back, in the details of both protocols',
    async (kind) => {
      const select = async () => refused({ kind, message: 'spent', failure });
      const rig = await openRig({ router: { select }, clock });

      const error = await grpcFailure(rig.client.unary(selectAccount));
      const status = fromBinary(StatusSchema, error.metadata.get('grpc-status-details-bin')[0] as Buffer);
      expect(status).toMatchObject({ code: error.code, message: 'spent' });
      expect(anyUnpack(status.details[0]!, SelectionFailureSchema)).toMatchObject({
        rejections: [{ verdict: 6, count: 2 }],
        earliestAvailable: { seconds: 12n, nanos: 500_000_000 },
      });
      expect(anyUnpack(status.details[1]!, RetryInfoSchema)).toMatchObject({
        retryDelay: { seconds: 2n, nanos: 500_000_000 },
      });

      for (const protocol of ['connect', 'connect-json', 'grpc-web'] as const) {
        const client = createHttpClient(RouterService, rig.http.addresses[0]!, protocol);
        const refusal = await connectFailure(client.selectAccount({}));
        expect(refusal.findDetails(SelectionFailureSchema)).toMatchObject([
          { rejections: [{ verdict: 6, count: 2 }] },
        ]);
        expect(refusal.findDetails(RetryInfoSchema)).toMatchObject([
          { retryDelay: { seconds: 2n, nanos: 500_000_000 } },
        ]);
      }
    },
  );

  test('a time in the past means now, an unknown one is left out', async () => {
    const earliest = [9000, undefined];
    const select = async () => {
      const { earliestAvailableMs: _known, ...unknown } = failure;
      const next = earliest.shift();
      const told = next === undefined ? unknown : { ...unknown, earliestAvailableMs: next };
      return refused({ kind: 'exhausted', message: 'spent', failure: told });
    };
    const rig = await openRig({ router: { select }, clock });
    const client = createHttpClient(RouterService, rig.http.addresses[0]!);
    const retryOf = async () => (await connectFailure(client.selectAccount({}))).findDetails(RetryInfoSchema);
    expect((await retryOf())[0]!.retryDelay).toMatchObject({ seconds: 0n, nanos: 0 });
    expect(await retryOf()).toEqual([]);
  });
});

describe('faults of our own', () => {
  test.each([
    ['a rejection', () => Promise.reject(new Error('secret of the database'))],
    [
      'a throw',
      () => {
        throw new Error('secret of the database');
      },
    ],
  ])('%s is INTERNAL without a word of what it was, and goes to the log', async (_name, select) => {
    const rig = await openRig({ router: { select } });
    const error = await grpcFailure(rig.client.unary(selectAccount));
    expect([error.code, error.details]).toEqual([13, 'internal error']);
    const client = createHttpClient(RouterService, rig.http.addresses[0]!);
    const overHttp = await connectFailure(client.selectAccount({}));
    expect([overHttp.code, overHttp.rawMessage]).toEqual([13, 'internal error']);
    expect(JSON.stringify([error, overHttp])).not.toContain('secret');
    expect(rig.faults.map(({ method, error }) => [method, String(error)])).toEqual(
      Array(2).fill(['SelectAccount', 'Error: secret of the database']),
    );
  });
});

describe('requests', () => {
  test('all four reach their use case and come back', async () => {
    const seen: unknown[] = [];
    const rig = await openRig({
      router: {
        async select(request) {
          seen.push(request.model);
          return selected();
        },
        async report(request) {
          seen.push(request.leaseId);
          return { kind: 'reported', answer: { duplicate: true } };
        },
        async renew(request) {
          seen.push(request);
          return { kind: 'renewed', lease: { id: 'l', expiresAtMs: 1000 } };
        },
        async listModels(request) {
          seen.push(request);
          return { kind: 'models', models: [], unrestricted: true };
        },
      },
    });
    const { client } = rig;
    await client.unary(selectAccount, { model: 'm' });
    const reported = await client.unary(reportResult, {
      leaseId: 'l',
      outcome: { case: 'success', value: {} },
    });
    const renewed = await client.unary(renewLease, { leaseId: 'l', ttl: { seconds: 5n } });
    const listed = await client.unary(listModels, { groupId: 'g', platform: 'p' });
    expect(seen).toEqual(['m', 'l', { leaseId: 'l', ttlMs: 5000 }, { groupId: 'g', platform: 'p' }]);
    expect(reported.duplicate).toBe(true);
    expect(renewed.lease).toMatchObject({ id: 'l', expiresAt: { seconds: 1n } });
    expect(listed.unrestricted).toBe(true);
  });

  test('a field at fault is named, over both protocols', async () => {
    const rig = await openRig();
    const tooLong = { groupId: 'x'.repeat(300) };
    const message = 'group_id: 300 bytes, at most 256';
    expect(await grpcFailure(rig.client.unary(selectAccount, tooLong))).toMatchObject({
      code: 3,
      details: message,
    });
    expect(await grpcFailure(rig.client.unary(listModels, tooLong))).toMatchObject({
      code: 3,
      details: message,
    });
    expect(
      await grpcFailure(rig.client.unary(renewLease, { leaseId: 'l', ttl: { seconds: -1n } })),
    ).toMatchObject({
      code: 3,
      details: 'ttl: negative, must be 0 or more',
    });
    const client = createHttpClient(RouterService, rig.http.addresses[0]!);
    expect(await connectFailure(client.selectAccount(tooLong))).toMatchObject({
      code: 3,
      rawMessage: message,
    });
  });

  test('a 1 MiB request is INVALID_ARGUMENT and names its size; a report may be as large', async () => {
    let body = '';
    const report = async (request: ReportRequest) => {
      if (request.outcome.kind === 'failure') body = request.outcome.failure.body;
      return { kind: 'reported', answer: { duplicate: false } } as const;
    };
    const rig = await openRig({ router: { report } });
    const large = { model: 'x'.repeat(1024 * 1024) };
    const limit = /^SelectAccount request: 10485\d\d bytes, at most 262144$/;
    const error = await grpcFailure(rig.client.unary(selectAccount, large));
    expect([error.code, error.details]).toEqual([3, expect.stringMatching(limit)]);
    for (const protocol of ['connect', 'connect-json', 'grpc-web'] as const) {
      const client = createHttpClient(RouterService, rig.http.addresses[0]!, protocol);
      const overHttp = await connectFailure(client.selectAccount(large));
      expect([overHttp.code, overHttp.rawMessage]).toEqual([3, expect.stringMatching(limit)]);
    }
    const outcome = (bytes: number) =>
      ({ leaseId: 'l', outcome: { case: 'failure', value: { body: 'x'.repeat(bytes) } } }) as const;
    await rig.client.unary(reportResult, outcome(1024 * 1024 - 100));
    expect(body).toHaveLength(16 * 1024);
    expect(await grpcFailure(rig.client.unary(reportResult, outcome(1024 * 1024)))).toMatchObject({
      code: 3,
      details: expect.stringContaining('ReportResult request:'),
    });
  });

  test('what is beyond 4 MiB is not read', async () => {
    const rig = await openRig();
    const huge = { model: 'x'.repeat(5 * 1024 * 1024) };
    expect(await grpcFailure(rig.client.unary(selectAccount, huge))).toMatchObject({ code: 8 });
    const client = createHttpClient(RouterService, rig.http.addresses[0]!);
    expect(await connectFailure(client.selectAccount(huge))).toMatchObject({ code: 8 });
  });

  test('unknown fields are ignored', async () => {
    const rig = await openRig({ router: { select: async ({ model }) => selected(`for-${model}`) } });
    // A real field of another message, with a number that SelectAccountRequest does not know.
    const unknown = { $unknown: [{ no: 500, wireType: 2, data: new Uint8Array([1, 65]) }] };
    const answer = await rig.client.unary(selectAccount, { model: 'm', ...unknown });
    expect(answer.outcome).toMatchObject({ value: { lease: { id: 'for-m' } } });
  });

  test('bytes that are no message are INVALID_ARGUMENT', async () => {
    const rig = await openRig();
    expect(await rawCall(rig.grpc.addresses[0]!, frame(Buffer.from([0x0a, 0xff, 0xff])))).toEqual({
      'grpc-status': '3',
      'grpc-message': "request: not a remora.v1.SelectAccountRequest in protobuf's binary form",
    });
  });

  test('text that is not UTF-8 is INVALID_ARGUMENT', async () => {
    const rig = await openRig();
    const answer = await rawCall(rig.grpc.addresses[0]!, frame(Buffer.from([0x0a, 0x02, 0xc3, 0x28])));
    expect(answer).toMatchObject({ 'grpc-status': '3' });
  });

  test('a frame that ends too early, or claims gigabytes, gets a status and hurts nobody', async () => {
    const rig = await openRig({ router: { select: async () => selected() } });
    const address = rig.grpc.addresses[0]!;
    const short = await rawCall(address, Buffer.from([0, 0, 0, 0, 9, 1]));
    const claim = await rawCall(address, Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]));
    expect(short['grpc-status']).toBe('12');
    expect(claim['grpc-status']).toBe('8');
    await rig.client.unary(selectAccount);
  });
});

const selectHeaders = {
  ':method': 'POST',
  ':path': '/remora.v1.RouterService/SelectAccount',
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** Sends raw bytes as the body of a SelectAccount call and answers with the status it got. */
function rawCall(address: string, body: Buffer): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const session = connectH2(`http://${address}`);
    session.once('error', reject);
    const stream = session.request(selectHeaders);
    const collect = (headers: Record<string, unknown>): void => {
      const { 'grpc-status': status, 'grpc-message': message } = headers;
      if (status === undefined) return;
      session.close();
      resolve({ 'grpc-status': String(status), 'grpc-message': decodeURI(String(message)) });
    };
    stream.once('response', collect);
    stream.once('trailers', collect);
    stream.once('error', reject);
    stream.resume();
    stream.end(body);
  });
}

function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

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
    const { select } = waiting();
    const rig = await openRig({ router: { select } });
    const call = rig.client.unary(selectAccount, {}, { deadline: Date.now() + 50 });
    expect(await grpcFailure(call)).toMatchObject({ code: 4 });
    await until(() => rig.handled.length === 1);
    expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 4']);
  });

  test('so does a lost connection', async () => {
    const { calls, select } = waiting();
    const rig = await openRig({ router: { select } });
    const session = connectH2(`http://${rig.grpc.addresses[0]}`);
    const stream = session.request(selectHeaders);
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
