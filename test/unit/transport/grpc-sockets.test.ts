import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createGrpcSockets } from '../../../src/transport/grpc-sockets.ts';
import { bind } from '../../../src/transport/listen.ts';
import { until } from './rig.ts';

async function openSockets(silenceTimeoutMs?: number) {
  const injected: Socket[] = [];
  const sockets = createGrpcSockets({
    injector: { injectConnection: (socket) => void injected.push(socket as Socket) },
    ...(silenceTimeoutMs === undefined ? {} : { silenceTimeoutMs }),
  });
  const address = await bind(sockets.listener(), { address: '127.0.0.1:0', setting: 'listen.grpc' });
  onTestFinished(() => {
    sockets.stopAccepting();
    sockets.destroy();
  });
  const dial = async () => {
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  return { sockets, injected, dial };
}

const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

test('a connection is handed over with its first bytes, all of them still there', async () => {
  const { injected, dial } = await openSockets();
  const socket = await dial();
  expect(injected).toEqual([]);
  socket.write('hello');
  await until(() => injected.length === 1);
  expect(String(injected[0]!.read())).toBe('hello');
});

test('one that says nothing is closed in time, one that spoke is not', async () => {
  const { injected, dial } = await openSockets(50);
  const [silent, speaking] = [await dial(), await dial()];
  speaking.write('hello');
  await until(() => injected.length === 1);
  await closed(silent);
  expect(injected[0]!.destroyed).toBe(false);
});

test('one that leaves without a word is forgotten', async () => {
  const { sockets, injected, dial } = await openSockets();
  (await dial()).end();
  (await dial()).resetAndDestroy();
  await new Promise<void>((resolve) => sockets.onceEmpty(resolve));
  expect(injected).toEqual([]);
});

test('to stop accepting ends the silent ones alone; empty is told when the last has gone', async () => {
  const { sockets, injected, dial } = await openSockets();
  const [silent, speaking] = [await dial(), await dial()];
  speaking.write('hello');
  await until(() => injected.length === 1);
  let empty = false;
  sockets.stopAccepting();
  sockets.onceEmpty(() => {
    empty = true;
  });
  await closed(silent);
  expect(empty).toBe(false);
  sockets.destroy();
  await until(() => empty);
});
