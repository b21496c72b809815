import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { type FrameHead, FrameReader, frameHeaderBytes, writeFrameHead } from '../../../bench/load/frames.ts';
import { MessageReader } from '../../../bench/load/message-reader.ts';
import {
  createMessages,
  createRouteFraming,
  leaseIdOf,
  model,
  routeField,
} from '../../../bench/load/messages.ts';
import { bytesField, varintBytes, varintField, writeVarint } from '../../../bench/load/wire.ts';
import {
  ReportResultRequestSchema,
  RouteRequestSchema,
  RouteResponseSchema,
  SelectAccountRequestSchema,
  SelectAccountResponseSchema,
} from '../../../gen/remora/v1/router_pb.ts';

const mix = { groups: ['a', 'b'], sessions: 1_000, users: 10, usage: true };

describe('what the load client writes', () => {
  test('are requests that say what they should', () => {
    const bytes = createMessages(mix).select(12_345);
    expect(fromBinary(SelectAccountRequestSchema, bytes)).toMatchObject({
      groupId: 'b',
      model,
      sessionId: 'session-00000345',
      userId: 'user-05',
    });
  });

  test('are requests without a session or a user where the mix has none', () => {
    const bytes = createMessages({ ...mix, sessions: 0, users: 0 }).select(3);
    expect(fromBinary(SelectAccountRequestSchema, bytes)).toMatchObject({ sessionId: '', userId: '' });
  });

  test('are requests for each model of each group in turn', () => {
    const { select } = createMessages({ ...mix, models: ['x', 'y'] });
    const asked = [0, 1, 2, 3, 4].map((n) => fromBinary(SelectAccountRequestSchema, select(n)));
    expect(asked.map(({ groupId, model: name }) => groupId + name)).toEqual(['ax', 'bx', 'ay', 'by', 'ax']);
  });

  test('are reports of a limit that ends in two hours where the mix fails', () => {
    const bytes = createMessages({ ...mix, usage: false, failing: true }).report(Buffer.from('lease'));
    const report = fromBinary(ReportResultRequestSchema, bytes);
    expect(report).toMatchObject({
      leaseId: 'lease',
      outcome: { case: 'failure', value: { httpStatus: 429 } },
      responseHeaders: { 'retry-after': '7200' },
    });
    expect(report.usage).toBeUndefined();
  });

  test.each([10, 200])('are reports of the lease, for an id of %i bytes', (length) => {
    const leaseId = 'x'.repeat(length);
    const bytes = createMessages(mix).report(Buffer.from(leaseId));
    expect(fromBinary(ReportResultRequestSchema, bytes)).toMatchObject({
      leaseId,
      outcome: { case: 'success' },
      usage: { inputTokens: 1_200n, standardCost: 0.012 },
    });
  });

  test.each([1, 127, 128, 3_000_000_000])('are Route messages, with the id %i', (id) => {
    const call = createMessages(mix).select(7);
    const framed = createRouteFraming()(id, routeField.select, call);
    expect(fromBinary(RouteRequestSchema, framed)).toMatchObject({
      id: BigInt(id),
      call: { case: 'select', value: { sessionId: 'session-00000007' } },
    });
  });
});

describe('what the load client reads', () => {
  const selection = create(SelectAccountResponseSchema, {
    outcome: {
      case: 'selection',
      value: { rateMultiplier: 1.5, attempt: 300, lease: { id: 'the-lease', expiresAt: { seconds: 9n } } },
    },
  });

  test('is the lease among the other fields', () => {
    const bytes = Buffer.from(toBinary(SelectAccountResponseSchema, selection));
    expect(leaseIdOf(bytes)?.toString()).toBe('the-lease');
  });

  test('is no lease in a wait plan', () => {
    const plan = create(SelectAccountResponseSchema, {
      outcome: { case: 'waitPlan', value: { waiting: 1 } },
    });
    expect(leaseIdOf(Buffer.from(toBinary(SelectAccountResponseSchema, plan)))).toBeUndefined();
  });

  test('is the number of a Route answer, and an error as no answer', () => {
    const answer = (result: Parameters<typeof create<typeof RouteResponseSchema>>[1]) =>
      Buffer.from(toBinary(RouteResponseSchema, create(RouteResponseSchema, result)));
    const ok = answer({ id: 70_000n, result: { case: 'select', value: selection } });
    expect(varintField(ok, 1)).toBe(70_000);
    expect(leaseIdOf(bytesField(ok, routeField.select)!)?.toString()).toBe('the-lease');
    const error = answer({ id: 3n, result: { case: 'error', value: { code: 8 } } });
    expect(bytesField(error, routeField.select)).toBeUndefined();
  });

  test('is a fault where a message ends within a field', () => {
    expect(() => varintField(Buffer.from([0x08, 0x80]), 1)).toThrow('ends within');
  });
});

test.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 40])(
  'a varint of %i takes the bytes it was said to',
  (value) => {
    const target = Buffer.alloc(16);
    expect(writeVarint(target, 0, value)).toBe(varintBytes(value));
  },
);

test('frames come out as they went in, however the socket cuts them', () => {
  const payloads = ['', 'one', 'x'.repeat(70_000)];
  const sent = Buffer.concat(
    payloads.map((payload, index) => {
      const head = Buffer.alloc(frameHeaderBytes);
      writeFrameHead(head, 0, { length: payload.length, type: index, flags: 5, streamId: 2 ** 30 + index });
      return Buffer.concat([head, Buffer.from(payload)]);
    }),
  );
  for (const size of [1, 7, 4_096, sent.length]) {
    const got: [FrameHead, string][] = [];
    const reader = new FrameReader((head, payload) => got.push([head, payload.toString()]));
    for (let at = 0; at < sent.length; at += size) reader.take(sent.subarray(at, at + size));
    expect(got).toEqual(
      payloads.map((payload, index) => [
        { length: payload.length, type: index, flags: 5, streamId: 2 ** 30 + index },
        payload,
      ]),
    );
  }
});

test('messages come out whole, however frames cut them', () => {
  const messages = ['', 'first', 'second one'];
  const sent = Buffer.concat(
    messages.map((message) => {
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      return Buffer.concat([prefix, Buffer.from(message)]);
    }),
  );
  for (const size of [1, 6, sent.length]) {
    const got: string[] = [];
    const reader = new MessageReader((bytes) => got.push(bytes.toString()));
    for (let at = 0; at < sent.length; at += size) reader.take(sent.subarray(at, at + size));
    expect(got).toEqual(messages);
  }
});
