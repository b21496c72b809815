import { describe, expect, test } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { ReportRequest } from '../../src/routing/api.ts';
import { createHttpClient } from '../support/clients.ts';
import { connectFailure, grpcFailure } from '../unit/transport/failures.ts';
import { frame, rawCall } from '../unit/transport/raw-grpc.ts';
import { openRig, selected } from '../unit/transport/rig.ts';

const { selectAccount, reportResult, listModels, renewLease } = RouterService.method;

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

  test('the size counts however it is sent', async () => {
    const rig = await openRig();
    // Without a content-length, piece by piece.
    const body = new Blob([JSON.stringify({ model: 'x'.repeat(300_000) })]).stream();
    const response = await fetch(`${rig.httpUrl}/remora.v1.RouterService/SelectAccount`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    });
    expect(await response.json()).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^SelectAccount request: 300\d\d\d bytes, at most 262144$/),
    });
  });
});
