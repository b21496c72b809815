import { once } from 'node:events';
import { constants } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { maxInFlight } from '../../src/transport/route-stream.ts';
import { frame } from '../unit/transport/raw-grpc.ts';
import { openRig, refused, selectByName, selected, until } from '../unit/transport/rig.ts';
import {
  encoded,
  gated,
  openRawRoute,
  openRoute,
  report,
  reported,
  select,
  settled,
} from '../unit/transport/route-client.ts';

describe('calls', () => {
  test('select, report and renew are answered by id', async () => {
    const rig = await openRig({
      router: {
        select: selectByName,
        report: reported,
        renew: async ({ leaseId }) => ({ kind: 'renewed', lease: { id: leaseId, expiresAtMs: 5000 } }),
        abandon: async () => undefined,
      },
    });
    const { stream, answers } = openRoute(rig);
    stream.write(select(1));
    stream.write({ id: 2n, call: { case: 'renew', value: { leaseId: 'l' } } });
    stream.write(report(2 ** 40, 'l'));
    await until(() => answers.size === 3);
    expect(answers.get(1)).toMatchObject({ case: 'select', value: { outcome: { case: 'selection' } } });
    expect(answers.get(2)).toMatchObject({ case: 'renew', value: { lease: { id: 'l' } } });
    expect(answers.get(2 ** 40)).toMatchObject({ case: 'report', value: { duplicate: false } });
    stream.end();
  });

  test('compressed ones are answered, too', async () => {
    const rig = await openRig({ router: { select: selectByName, abandon: async () => undefined } });
    const { stream, answers } = openRawRoute(rig, { 'grpc-encoding': 'gzip' });
    const compressed = frame(gzipSync(encoded(select(1)).subarray(5)));
    compressed[0] = 1;
    stream.write(Buffer.concat([compressed, encoded(select(2))]));
    await until(() => answers() === 2);
    stream.end();
  });

  test('are answered within the deadline of their stream, which ends then', async () => {
    const { select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon: async () => undefined } });
    const { stream } = openRawRoute(rig, { 'grpc-timeout': '50m' });
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    expect(headers['grpc-status']).toBe('4');
    await until(() => rig.handled.length === 1);
    expect(rig.handled).toEqual(['remora.v1.RouterService/Route 1']);
  });

  test('a slow one holds up no other', async () => {
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon: async () => undefined } });
    const { stream, order } = openRoute(rig);
    for (const id of [1, 2, 3]) stream.write(select(id));
    await until(() => gates.size === 3);
    gates.get('3')!();
    await until(() => order.length === 1);
    gates.get('1')!();
    await until(() => order.length === 2);
    gates.get('2')!();
    await until(() => order.length === 3);
    expect(order).toEqual([3, 1, 2]);
    stream.end();
  });

  test("one's error is told by id and the stream goes on", async () => {
    const failure = {
      rejections: [{ verdict: 'DISABLED', count: 1 }],
      attempts: [],
      attemptsOmitted: 0,
    } as const;
    const rig = await openRig({
      router: {
        async select(request) {
          if (request.requestId === '1')
            return refused({ kind: 'precondition', message: 'none fits', failure });
          if (request.requestId === '2') throw new Error('secret');
          return selectByName(request);
        },
        abandon: async () => undefined,
      },
    });
    const { stream, answers } = openRoute(rig);
    stream.write(select(1));
    stream.write(select(2));
    stream.write({ id: 3n });
    stream.write({ id: 4n, call: { case: 'report', value: { leaseId: 'l' } } });
    stream.write({ id: 5n, call: { case: 'select', value: { model: 'x'.repeat(300_000) } } });
    stream.write(select(6));
    await until(() => answers.size === 6);
    const errorOf = (id: number) => answers.get(id)!.value;
    expect(errorOf(1)).toMatchObject({
      code: 9,
      message: 'none fits',
      selectionFailure: { rejections: [{ verdict: 3, count: 1 }] },
    });
    expect(errorOf(2)).toMatchObject({ code: 13, message: 'internal error' });
    expect(errorOf(3)).toMatchObject({
      code: 3,
      message: 'call: unset, must be one of select, report, renew',
    });
    expect(errorOf(4)).toMatchObject({ code: 3, message: expect.stringContaining('outcome: unset') });
    expect(errorOf(5)).toMatchObject({
      code: 3,
      message: expect.stringMatching(/^SelectAccount request: \d+ bytes/),
    });
    expect(answers.get(6)).toMatchObject({ case: 'select' });
    expect(rig.faults).toHaveLength(1);
    stream.end();
  });

  test('a message that cannot be read is answered under the id it starts with', async () => {
    const rig = await openRig({ router: { select: selectByName, abandon: async () => undefined } });
    const { stream, answers } = openRawRoute(rig);
    stream.write(frame(Buffer.from([0x08, 0x2a, 0x12, 0xff, 0x01])));
    stream.write(frame(Buffer.from([0xff, 0xff])));
    stream.write(encoded(select(7)));
    await until(() => answers() >= 3);
    expect(answers()).toBe(3);
  });
});

describe('bounds', () => {
  test('no more than so many calls are in flight, and reading goes on as they are answered', async () => {
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon: async () => undefined } });
    const { stream, answers } = openRoute(rig);
    const total = maxInFlight * 3;
    for (let id = 1; id <= total; id++) stream.write(select(id));
    await until(() => gates.size >= maxInFlight);
    await settled(rig);
    expect(gates.size).toBeLessThan(maxInFlight + 20);
    while (answers.size < total) {
      for (const go of gates.values()) go();
      await new Promise((resolve) => setImmediate(resolve));
    }
    stream.end();
  });

  test('a client that does not read is not read from either', async () => {
    let calls = 0;
    const rig = await openRig({
      router: {
        async select(request) {
          calls++;
          return selected(request.requestId, { upstreamModel: 'm'.repeat(10_000) });
        },
        abandon: async () => undefined,
      },
    });
    const { stream, answers } = openRawRoute(rig);
    stream.pause();
    for (let id = 1; id <= 5000; id++) {
      stream.write(encoded(select(id)));
      // A few at a time, so that it is not the calls in flight that reach their limit.
      if (id % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => calls > 0);
    let before = -1;
    while (before !== calls) {
      before = calls;
      await settled(rig);
    }
    // The answers weigh 10 KB each, and HTTP/2's window is 64 KB: 5,000 of them would lie in the server's memory.
    expect(calls).toBeLessThan(700);
    stream.resume();
    await until(() => answers() === 5000);
  });

  test('what lies unread here stays within what HTTP/2 lets the client send ahead, pause after pause', async () => {
    const waiting: (() => void)[] = [];
    let told = 0;
    const rig = await openRig({
      router: {
        select: ({ requestId }) => {
          told += 1;
          return new Promise((resolve) => waiting.push(() => resolve(selected(requestId))));
        },
        abandon: async () => undefined,
      },
    });
    const { session, stream, answers } = openRawRoute(rig);
    const total = 40_000;
    const message = encoded(select(1, 'of fifty bytes or so, as many requests are, or more'));
    const all = Buffer.concat(Array.from({ length: total }, () => message));
    stream.write(all);
    let unread = 0;
    while (answers() < total) {
      unread = Math.max(unread, session.socket.bytesWritten - told * message.length);
      for (const go of waiting.splice(0)) go();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(all.length).toBeGreaterThan(2_000_000);
    // A window of the stream, and what the frames around the messages take.
    expect(unread).toBeLessThan(2 * 65_536);
    stream.end();
  });

  test('calls that come with the first bytes of a connection are answered in their order, with those that follow', async () => {
    const seen: string[] = [];
    const rig = await openRig({
      router: {
        select: async ({ requestId }) => {
          seen.push(requestId);
          return selected(requestId);
        },
        abandon: async () => undefined,
      },
    });
    const { stream, answers } = openRawRoute(rig);
    // More than may be in flight, and not a whole number of messages.
    const calls = Array.from({ length: 3 * maxInFlight }, (_, id) => encoded(select(id)));
    const bytes = Buffer.concat(calls);
    stream.write(bytes.subarray(0, 33_000));
    await until(() => seen.length > 0);
    stream.end(bytes.subarray(33_000));
    await until(() => rig.handled.length > 0);
    expect(seen).toEqual(calls.map((_, id) => String(id)));
    expect(rig.handled).toEqual(['remora.v1.RouterService/Route 0']);
    await until(() => answers() === calls.length);
  });

  test('all that came before the client ended its side is answered, however late it is read', async () => {
    const rig = await openRig({
      router: {
        select: async ({ requestId }) => selected(requestId, { upstreamModel: 'm'.repeat(10_000) }),
        abandon: async () => undefined,
      },
    });
    const { stream, answers } = openRawRoute(rig);
    stream.pause();
    // Small enough for one read, with far more answers than may wait for the client.
    stream.end(Buffer.concat(Array.from({ length: 1000 }, (_, id) => encoded(select(id)))));
    await once(stream, 'finish');
    await settled(rig);
    expect(rig.handled).not.toContain('remora.v1.RouterService/Route 0');
    stream.resume();
    await until(() => rig.handled.includes('remora.v1.RouterService/Route 0'));
    await until(() => answers() === 1000);
  });

  test('a client that gives its stream up while answers lie unread is lost, not taken for one that ended its side', async () => {
    let calls = 0;
    const rig = await openRig({
      router: {
        select: async ({ requestId }) => {
          calls += 1;
          return selected(requestId, { upstreamModel: 'm'.repeat(10_000) });
        },
        abandon: async () => undefined,
      },
    });
    const { stream } = openRawRoute(rig);
    stream.pause();
    stream.write(Buffer.concat(Array.from({ length: 3 * maxInFlight }, (_, id) => encoded(select(id)))));
    await until(() => calls > 0);
    await settled(rig);
    expect(calls).toBeLessThan(3 * maxInFlight);
    stream.close(constants.NGHTTP2_CANCEL);
    await until(() => rig.handled.includes('remora.v1.RouterService/Route 1'));
    expect(rig.handled).not.toContain('remora.v1.RouterService/Route 0');
  });
});
