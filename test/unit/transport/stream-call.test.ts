import { once } from 'node:events';
import { connect, type OutgoingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SelectAccountRequestSchema } from '../../../gen/remora/v1/router_pb.ts';
import type { SelectRequest } from '../../../src/routing/api.ts';
import { limits } from '../../../src/transport/codec/limits.ts';
import { plainTimeoutMs } from '../../../src/transport/stream-status.ts';
import { frame, grpcHeaders, rawCall } from './raw-grpc.ts';
import { openRig, selected, until } from './rig.ts';

const request = toBinary(SelectAccountRequestSchema, create(SelectAccountRequestSchema, { groupId: 'team' }));

/** A server that notes what it is asked for, and a stream to it that is written to piece by piece. */
async function openStream(headers: OutgoingHttpHeaders = {}) {
  const asked: SelectRequest[] = [];
  const rig = await openRig({
    router: {
      select(request) {
        asked.push(request);
        return selected();
      },
    },
  });
  const session = connect(`http://${rig.grpc.addresses[0]}`);
  onTestFinished(() => session.destroy());
  session.on('error', () => undefined);
  const stream = session.request({ ...grpcHeaders('SelectAccount'), ...headers });
  stream.on('error', () => undefined);
  const statuses: unknown[] = [];
  for (const event of ['response', 'trailers'] as const)
    stream.on(event, (received: Record<string, unknown>) => {
      if (received['grpc-status'] !== undefined) statuses.push(received['grpc-status']);
    });
  const answer: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => answer.push(chunk));
  return { rig, asked, stream, statuses, answer };
}

describe('a call on its stream', () => {
  test('takes a message in whatever pieces it comes', async () => {
    const { asked, stream, statuses, answer } = await openStream();
    for (const byte of frame(Buffer.from(request))) {
      stream.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    stream.end();
    await once(stream, 'close');
    expect(asked).toMatchObject([{ groupId: 'team' }]);
    expect(statuses).toEqual(['0']);
    const whole = Buffer.concat(answer);
    expect(whole.readUInt32BE(1)).toBe(whole.length - 5);
  });

  test('refuses a message whose announced length is beyond the limit, before it has come, and counts that', async () => {
    const { rig, asked, stream, statuses } = await openStream();
    const header = Buffer.alloc(5);
    header.writeUInt32BE(limits.messageBytes + 1, 1);
    stream.write(header);
    await until(() => statuses.length > 0);
    expect(statuses).toEqual(['8']);
    stream.end(Buffer.alloc(100_000));
    await once(stream, 'close');
    expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 8']);
    expect(asked).toEqual([]);
  });

  test('takes a message as long as the limit allows, which the RPC then has its say on', async () => {
    const { stream, statuses } = await openStream();
    stream.end(frame(Buffer.alloc(limits.messageBytes)));
    await until(() => statuses.length > 0);
    expect(statuses).toEqual(['3']);
  });

  test('knows nothing of a message whose end never comes', async () => {
    const { rig, asked, stream, statuses } = await openStream();
    stream.end(frame(Buffer.from(request)).subarray(0, -1));
    await until(() => statuses.length > 0);
    expect(statuses).toEqual(['12']);
    expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 12']);
    expect(asked).toEqual([]);
  });

  test.each(['99999999H', '2H', '5M', '9S', '9000m', '99999999u', '99999999n', '9 S'])(
    'is answered within a deadline of %s',
    async (timeout) => {
      const rig = await openRig({ router: { select: () => selected() } });
      const body = frame(Buffer.from(request));
      expect(await rawCall(rig.grpc.addresses[0]!, body, { 'grpc-timeout': timeout })).toMatchObject({
        'grpc-status': '0',
      });
    },
  );
});

describe('grpc-js keeps the calls', () => {
  test('that are compressed', async () => {
    const { asked, stream, statuses } = await openStream({ 'grpc-encoding': 'gzip' });
    const compressed = frame(gzipSync(request));
    compressed[0] = 1;
    stream.end(compressed);
    await until(() => statuses.length > 0);
    expect(statuses).toEqual(['0']);
    expect(asked).toMatchObject([{ groupId: 'team' }]);
  });

  test('whose deadline is none', async () => {
    const rig = await openRig();
    const body = frame(Buffer.from(request));
    expect(await rawCall(rig.grpc.addresses[0]!, body, { 'grpc-timeout': 'soon' })).toEqual({
      'grpc-status': '13',
      'grpc-message': 'Invalid grpc-timeout value "soon"',
    });
  });

  test('that are not gRPC', async () => {
    const { asked, stream } = await openStream({ 'content-type': 'application/json' });
    const [response] = await once(stream, 'response');
    expect(response).toMatchObject({ ':status': 415 });
    expect(asked).toEqual([]);
  });
});

test('what a call on its stream takes is told by its headers', () => {
  const grpc = { 'content-type': 'application/grpc+proto' };
  expect(plainTimeoutMs(grpc)).toBe(Number.POSITIVE_INFINITY);
  expect(plainTimeoutMs({ ...grpc, 'grpc-encoding': 'identity', 'grpc-timeout': '1S' })).toBe(1000);
  expect(plainTimeoutMs({})).toBeUndefined();
  expect(plainTimeoutMs({ ...grpc, 'grpc-encoding': 'gzip' })).toBeUndefined();
  expect(plainTimeoutMs({ ...grpc, 'grpc-timeout': '1' })).toBeUndefined();
});
