import { connect as connectH2 } from 'node:http2';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RouteRequestSchema, type RouteResponse, RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { Call, Router, SelectOutcome, SelectRequest } from '../../src/routing/api.ts';
import { maxInFlight } from '../../src/transport/route-stream.ts';
import { openRig, type Rig, refused, selectByName, selected, until } from '../unit/transport/rig.ts';

const { route } = RouterService.method;
type Init = MessageInitShape<typeof RouteRequestSchema>;

const select = (id: number, requestId = String(id)): Init => ({
  id: BigInt(id),
  call: { case: 'select', value: { requestId } },
});
const report = (id: number, leaseId: string): Init => ({
  id: BigInt(id),
  call: { case: 'report', value: { leaseId, outcome: { case: 'success', value: {} } } },
});

/** A stream with what it has received, by id. */
interface Opened {
  readonly stream: ClientDuplexStream<Init, RouteResponse>;
  readonly order: number[];
  readonly answers: Map<number, RouteResponse['result']>;
  /** Undefined while the stream is open. */
  status(): number | undefined;
}

function open(rig: Rig): Opened {
  const stream = rig.client.bidi(route);
  const order: number[] = [];
  const answers: Opened['answers'] = new Map();
  let status: number | undefined;
  stream.on('data', (response: RouteResponse) => {
    order.push(Number(response.id));
    answers.set(Number(response.id), response.result);
  });
  stream.on('error', (error: ServiceError) => {
    status = error.code;
  });
  stream.on('end', () => {
    status ??= 0;
  });
  return { stream, order, answers, status: () => status };
}

/** Selects that wait until the test lets them go, by request id. */
function gated() {
  const gates = new Map<string, (outcome?: SelectOutcome) => void>();
  const calls: Call[] = [];
  const run = (request: SelectRequest, call: Call) =>
    new Promise<SelectOutcome>((resolve) => {
      calls.push(call);
      const own = selected(`lease-of-${request.requestId}`);
      gates.set(request.requestId, (outcome = own) => resolve(outcome));
      call.onCancel(() => resolve(refused({ kind: 'cancelled', message: 'gone' })));
    });
  return { gates, calls, select: run };
}

function abandoning(): { readonly abandoned: string[]; readonly abandon: Router['abandon'] } {
  const abandoned: string[] = [];
  return { abandoned, abandon: async (ids) => void abandoned.push(...ids) };
}

const reported = async () => ({ kind: 'reported', answer: { duplicate: false } }) as const;

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
    const { stream, answers } = open(rig);
    stream.write(select(1));
    stream.write({ id: 2n, call: { case: 'renew', value: { leaseId: 'l' } } });
    stream.write(report(2 ** 40, 'l'));
    await until(() => answers.size === 3);
    expect(answers.get(1)).toMatchObject({ case: 'select', value: { outcome: { case: 'selection' } } });
    expect(answers.get(2)).toMatchObject({ case: 'renew', value: { lease: { id: 'l' } } });
    expect(answers.get(2 ** 40)).toMatchObject({ case: 'report', value: { duplicate: false } });
    stream.end();
  });

  test('a slow one holds up no other', async () => {
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon: async () => undefined } });
    const { stream, order } = open(rig);
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
    const { stream, answers } = open(rig);
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
    const { stream, answers } = openRaw(rig);
    stream.write(frame(Buffer.from([0x08, 0x2a, 0x12, 0xff, 0x01])));
    stream.write(frame(Buffer.from([0xff, 0xff])));
    stream.write(encoded(select(7)));
    await until(() => answers() >= 3);
    expect(answers()).toBe(3);
  });
});

describe('leases', () => {
  test('those not reported are released when the client ends the stream', async () => {
    const { abandoned, abandon } = abandoning();
    const rig = await openRig({ router: { select: selectByName, report: reported, abandon } });
    const { stream, answers, status } = open(rig);
    for (const id of [1, 2, 3]) stream.write(select(id));
    await until(() => answers.size === 3);
    stream.write(report(4, 'lease-of-2'));
    await until(() => answers.size === 4);
    expect(abandoned).toEqual([]);
    stream.end();
    await until(() => status() === 0);
    expect(abandoned.sort()).toEqual(['lease-of-1', 'lease-of-3']);
    expect(rig.handled).toEqual(['remora.v1.RouterService/Route 0']);
  });

  test("a report's next lease counts among them; a refused report leaves its own there", async () => {
    const { abandoned, abandon } = abandoning();
    const rig = await openRig({
      router: {
        select: selectByName,
        async report({ leaseId }) {
          if (leaseId === 'lease-of-2') return refused({ kind: 'unavailable', message: 'later' });
          return { kind: 'reported', answer: { duplicate: false, next: selected('next') } };
        },
        abandon,
      },
    });
    const { stream, answers, status } = open(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => answers.size === 2);
    stream.write(report(3, 'lease-of-1'));
    stream.write(report(4, 'lease-of-2'));
    await until(() => answers.size === 4);
    stream.end();
    await until(() => status() === 0);
    expect(abandoned.sort()).toEqual(['lease-of-2', 'next']);
  });

  test('a half-closed stream is answered to the last call before it ends', async () => {
    const { abandoned, abandon } = abandoning();
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon } });
    const { stream, answers, status } = open(rig);
    stream.write(select(1));
    stream.end();
    await until(() => gates.size === 1);
    expect(status()).toBeUndefined();
    gates.get('1')!();
    await until(() => status() === 0);
    expect(answers.get(1)).toMatchObject({ case: 'select' });
    expect(abandoned).toEqual(['lease-of-1']);
  });

  test('a cancelled stream cancels its waits, releases at once, and gives back what comes later', async () => {
    const { abandoned, abandon } = abandoning();
    const gate = Promise.withResolvers<void>();
    const calls: Call[] = [];
    const rig = await openRig({
      router: {
        async select(request, call) {
          if (request.requestId === '2') {
            calls.push(call);
            await gate.promise;
          }
          return selectByName(request);
        },
        abandon,
      },
    });
    const { stream, answers } = open(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => answers.size === 1 && calls.length === 1);
    stream.cancel();
    await until(() => abandoned.length === 1);
    expect(abandoned).toEqual(['lease-of-1']);
    expect(calls[0]!.cancelled).toBe(true);
    gate.resolve();
    await until(() => abandoned.length === 2);
    expect(abandoned).toEqual(['lease-of-1', 'lease-of-2']);
    expect(rig.handled).toEqual(['remora.v1.RouterService/Route 1']);
  });

  test('a lost connection does the same', async () => {
    const { abandoned, abandon } = abandoning();
    const rig = await openRig({ router: { select: selectByName, abandon } });
    const { stream, answers, session } = openRaw(rig);
    stream.write(encoded(select(1)));
    await until(() => answers() === 1);
    session.destroy();
    await until(() => abandoned.length === 1);
    expect(abandoned).toEqual(['lease-of-1']);
  });

  test('a report in flight when the connection is lost still settles its lease', async () => {
    const { abandoned, abandon } = abandoning();
    const gate = Promise.withResolvers<void>();
    const reports: string[] = [];
    const rig = await openRig({
      router: {
        select: selectByName,
        async report({ leaseId }) {
          reports.push(leaseId);
          await gate.promise;
          return leaseId === 'lease-of-1' ? reported() : refused({ kind: 'unavailable', message: 'later' });
        },
        abandon,
      },
    });
    const { stream, answers } = open(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => answers.size === 2);
    stream.write(report(3, 'lease-of-1'));
    stream.write(report(4, 'lease-of-2'));
    await until(() => reports.length === 2);
    stream.cancel();
    await until(() => rig.handled.length === 1);
    expect(abandoned).toEqual([]);
    gate.resolve();
    await until(() => abandoned.length === 1);
    expect(abandoned).toEqual(['lease-of-2']);
  });
});

describe('drain', () => {
  test('calls in flight are answered, new ones refused, and no lease is released', async () => {
    const { abandoned, abandon } = abandoning();
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon } });
    const { stream, answers, status } = open(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => gates.size === 2);
    gates.get('1')!();
    await until(() => answers.size === 1);
    const closed = rig.grpc.close({ graceMs: 60_000 });
    stream.write(select(3));
    await until(() => answers.has(3));
    expect(answers.get(3)).toMatchObject({ case: 'error', value: { code: 14 } });
    expect(status()).toBeUndefined();
    gates.get('2')!();
    await closed;
    expect(answers.get(2)).toMatchObject({ case: 'select' });
    await until(() => status() !== undefined);
    expect(status()).toBe(14);
    expect(abandoned).toEqual([]);
  });

  test('what is still in flight at its end is cut, and keeps its leases', async () => {
    const { abandoned, abandon } = abandoning();
    const { gates, calls, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon } });
    const { stream, answers, status } = open(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => gates.size === 2);
    gates.get('1')!();
    await until(() => answers.size === 1);
    await rig.grpc.close({ graceMs: 1 });
    await until(() => status() !== undefined);
    expect(calls.every((call) => call.cancelled)).toBe(true);
    expect(abandoned).toEqual([]);
  });

  test('a client that had left before is still cleaned up after', async () => {
    const { abandoned, abandon } = abandoning();
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon } });
    const { stream } = open(rig);
    stream.write(select(1));
    stream.end();
    await until(() => gates.size === 1);
    // The half-close follows its message; a second call on the connection shows that it has arrived.
    await rig.client.unary(RouterService.method.renewLease, { leaseId: '' }).catch(() => undefined);
    const closed = rig.grpc.close({ graceMs: 60_000 });
    gates.get('1')!();
    await closed;
    expect(abandoned).toEqual(['lease-of-1']);
  });
});

describe('bounds', () => {
  test('no more than so many calls are in flight, and reading goes on as they are answered', async () => {
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon: async () => undefined } });
    const { stream, answers } = open(rig);
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
    const { stream, answers } = openRaw(rig);
    stream.pause();
    for (let id = 1; id <= 5000; id++) stream.write(encoded(select(id)));
    await until(() => calls > 0);
    let before = -1;
    while (before !== calls) {
      before = calls;
      await settled(rig);
    }
    // The answers weigh 10 KB each, and HTTP/2's window is 64 KB: 5,000 of them would lie in the server's memory.
    expect(calls).toBeLessThan(1500);
    stream.resume();
    await until(() => answers() === 5000);
  });
});

/** Enough round trips on another connection that whatever the server had to read, it has read. */
async function settled(rig: Rig): Promise<void> {
  const other = rig.connect();
  for (let turn = 0; turn < 20; turn++) {
    await other.unary(RouterService.method.renewLease, { leaseId: '' }).catch(() => undefined);
  }
}

/** A Route stream at the level of HTTP/2, for what no client would send and for losing the connection. */
function openRaw(rig: Rig) {
  const session = connectH2(`http://${rig.grpc.addresses[0]}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': '/remora.v1.RouterService/Route',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  let pending = Buffer.alloc(0);
  let count = 0;
  stream.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 5 && pending.length >= 5 + pending.readUInt32BE(1)) {
      pending = pending.subarray(5 + pending.readUInt32BE(1));
      count++;
    }
  });
  /** Whole messages received. */
  const answers = (): number => count;
  return { session, stream, answers };
}

function encoded(request: Init): Buffer {
  return frame(Buffer.from(toBinary(RouteRequestSchema, create(RouteRequestSchema, request))));
}

function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
