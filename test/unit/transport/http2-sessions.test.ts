import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createListener, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { lightenSession, sessionOf } from '../../../src/transport/http2-sessions.ts';
import { until } from './rig.ts';

/** A server whose sessions are lightened, and a client's session with it. */
async function openSession() {
  const server = createServer();
  const lightened: boolean[] = [];
  const listener = createListener((socket: Socket) => {
    server.emit('connection', socket);
    const session = sessionOf(socket);
    lightened.push(session !== undefined && lightenSession(session));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const client = connect(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  onTestFinished(() => client.destroy());
  client.on('error', () => undefined);
  await once(client, 'connect');
  return { server, client, lightened };
}

test('a session of this Node takes the stand-ins, and answers many streams at once over them', async () => {
  const { server, client, lightened } = await openSession();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200 });
    stream.end('answer');
  });
  for (let round = 0; round < 5; round += 1) {
    const answers = Array.from({ length: 80 }, async () => {
      const request = client.request({ ':path': '/' }).setEncoding('utf8');
      let text = '';
      for await (const chunk of request) text += chunk;
      return text;
    });
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 80 }, () => 'answer'));
  }
  expect(lightened).toEqual([true]);
});

test('its open streams are ended when it is destroyed', async () => {
  const { server, client } = await openSession();
  const streams: ServerHttp2Stream[] = [];
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    streams.push(stream);
  });
  for (let index = 0; index < 3; index += 1) client.request({ ':path': '/' }).on('error', () => undefined);
  await until(() => streams.length === 3);
  streams[0]!.session!.destroy();
  await until(() => streams.every(({ destroyed }) => destroyed));
});

test('a session that closes waits for its open stream, and goes with it', async () => {
  const { server, client } = await openSession();
  client.request({ ':path': '/' }).resume();
  const [stream] = (await once(server, 'stream')) as [ServerHttp2Stream];
  const session = stream.session!;
  session.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(session.destroyed).toBe(false);
  stream.respond({ ':status': 200 }, { endStream: true });
  await until(() => session.destroyed);
});

test('a socket without a session has none', async () => {
  const listener = createListener().listen(0, '127.0.0.1');
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const client = connect(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  onTestFinished(() => client.destroy());
  client.on('error', () => undefined);
  const [socket] = (await once(listener, 'connection')) as [Socket];
  expect(sessionOf(socket)).toBeUndefined();
});
