import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Call } from '../../src/routing/api.ts';
import type { GrpcClient } from '../support/clients.ts';
import { openRig, refused, selected, until } from '../unit/transport/rig.ts';

const { selectAccount } = RouterService.method;
const router = { select: async () => selected() };

async function leaseFrom(client: GrpcClient): Promise<string | undefined> {
  const { outcome } = await client.unary(selectAccount);
  return outcome.case === 'selection' ? outcome.value.lease?.id : undefined;
}

test('TCP over both families and a UNIX socket serve side by side', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'remora-grpc-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'remora.sock');
  const rig = await openRig({ router, grpcAddresses: ['127.0.0.1:0', '[::1]:0', `unix:${path}`] });
  expect(rig.grpc.addresses).toEqual([
    expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    expect.stringMatching(/^\[::1\]:\d+$/),
    `unix:${path}`,
  ]);
  for (const address of rig.grpc.addresses) expect(await leaseFrom(rig.connect(address))).toBe('lease-1');
  await rig.grpc.close({ graceMs: 60_000 });
  expect(existsSync(path)).toBe(false);
});

test('one address that cannot be had, and none stays open', async () => {
  const first = await openRig({ router });
  const taken = first.grpc.addresses[0]!;
  const directory = mkdtempSync(join(tmpdir(), 'remora-grpc-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'remora.sock');
  await expect(openRig({ router, grpcAddresses: [`unix:${path}`, taken] })).rejects.toThrow(
    `listen.grpc: cannot listen on ${taken}: the address is in use by another process`,
  );
  await until(() => !existsSync(path));
});

test('bytes that are no HTTP/2 end their own connection and no other', async () => {
  const rig = await openRig({ router });
  const [host, port] = rig.grpc.addresses[0]!.split(':');
  for (const garbage of [
    'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
    '\u0000'.repeat(4096),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n!',
  ]) {
    const socket = connect(Number(port), host);
    socket.on('error', () => undefined);
    socket.resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end(garbage);
    await closed;
  }
  expect(await leaseFrom(rig.client)).toBe('lease-1');
});

test('a preface that comes in pieces is still one', async () => {
  const rig = await openRig({ router });
  const [host, port] = rig.grpc.addresses[0]!.split(':');
  const socket = connect(Number(port), host);
  onTestFinished(() => void socket.destroy());
  let received = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
  });
  socket.setNoDelay(true);
  socket.write('PRI * HTTP/2.0\r\n');
  // Served in between, so that the pieces arrive apart.
  await leaseFrom(rig.client);
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  socket.write(Buffer.concat([Buffer.from('\r\nSM\r\n\r\n'), settings]));
  const acknowledged = Buffer.from([0, 0, 0, 4, 1, 0, 0, 0, 0]);
  await until(() => received.includes(acknowledged));
});

/** Both ends of every connection are in this process. */
const openFiles = Number(
  (process.report.getReport() as { userLimits: { open_files: { soft: number | string } } }).userLimits
    .open_files.soft,
);
const idleCount = Math.min(10_000, Math.floor(((Number.isNaN(openFiles) ? 1e6 : openFiles) - 500) / 2));

test(`${idleCount} idle connections: a call is answered, a drain is not held up, and nothing stays`, async () => {
  const handles = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = handles();
  const rig = await openRig({ router });
  const [host, port] = rig.grpc.addresses[0]!.split(':');
  const idle: Socket[] = [];
  onTestFinished(() => idle.forEach((socket) => void socket.destroy()));
  // In slices, for the backlog of a listening socket is short.
  while (idle.length < idleCount) {
    const slice = Array.from({ length: Math.min(50, idleCount - idle.length) }, () =>
      connect(Number(port), host),
    );
    idle.push(...slice);
    await Promise.all(
      slice.map(
        (socket) =>
          new Promise((resolve, reject) => {
            socket.once('connect', resolve);
            socket.once('error', reject);
          }),
      ),
    );
  }
  for (const socket of idle) socket.on('error', () => undefined);
  expect(await leaseFrom(rig.client)).toBe('lease-1');
  rig.client.close();
  await rig.grpc.close({ graceMs: 60_000 });
  await until(() =>
    idle.every((socket) => socket.readyState === 'closed' || socket.readableEnded || socket.destroyed),
  );
  for (const socket of idle) socket.destroy();
  await rig.http.close({ graceMs: 0 });
  await until(() => handles() <= before);
}, 120_000);

test('a drain answers what is in flight, takes no new call, and then is over', async () => {
  const gate = Promise.withResolvers<void>();
  let started = 0;
  const rig = await openRig({
    router: {
      async select() {
        started++;
        await gate.promise;
        return selected();
      },
    },
  });
  const call = leaseFrom(rig.client);
  await until(() => started === 1);
  const closed = rig.grpc.close({ graceMs: 60_000 });
  await expect(leaseFrom(rig.connect())).rejects.toMatchObject({ code: 14 });
  gate.resolve();
  expect(await call).toBe('lease-1');
  await closed;
  expect(started).toBe(1);
});

test('a drain cuts what does not end in time', async () => {
  const calls: Call[] = [];
  let cut = (): void => undefined;
  const clock: Clock = {
    now: () => 0,
    schedule(_delayMs, run) {
      cut = run;
      return { cancel: () => undefined };
    },
  };
  const rig = await openRig({
    clock,
    router: {
      select(_request, call) {
        calls.push(call);
        return new Promise((resolve) => {
          call.onCancel(() => resolve(refused({ kind: 'cancelled', message: 'gone' })));
        });
      },
    },
  });
  const failure = expect(leaseFrom(rig.client)).rejects.toMatchObject({ code: 14 });
  await until(() => calls.length === 1);
  const closed = rig.grpc.close({ graceMs: 10_000 });
  expect(calls[0]!.cancelled).toBe(false);
  cut();
  await failure;
  await closed;
  await until(() => calls[0]!.cancelled);
});
