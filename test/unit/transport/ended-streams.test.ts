import { once } from 'node:events';
import { connect, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { releaseEndedStreams } from '../../../src/transport/ended-streams.ts';
import { until } from './rig.ts';

async function openServer(): Promise<Http2Server> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return server;
}

/** Makes one request and answers with the server's side of it. */
async function requested(server: Http2Server): Promise<{ stream: ServerHttp2Stream; cancel(): void }> {
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => session.destroy());
  const request = session.request({ ':path': '/' });
  request.on('error', () => undefined);
  request.resume();
  const [stream] = (await once(server, 'stream')) as [ServerHttp2Stream];
  return { stream, cancel: () => request.close(8) };
}

test.each([
  [
    'answered',
    ({ stream }: Awaited<ReturnType<typeof requested>>) => stream.respond({}, { endStream: true }),
  ],
  ['cancelled', ({ cancel }: Awaited<ReturnType<typeof requested>>) => cancel()],
])('a stream that was %s lets go of its listeners once all have heard of its end', async (_name, end) => {
  onTestFinished(releaseEndedStreams());
  const call = await requested(await openServer());
  const { stream } = call;
  const heard: string[] = [];
  stream.on('data', () => undefined);
  stream.on('error', () => undefined);
  stream.once('close', () => heard.push('first'));
  stream.on('close', () => heard.push('second'));
  end(call);
  await until(() => stream.destroyed && stream.listenerCount('data') === 0);
  expect(heard).toEqual(['first', 'second']);
  expect(stream.eventNames()).toEqual([]);
});

test('an open stream keeps its listeners', async () => {
  onTestFinished(releaseEndedStreams());
  const server = await openServer();
  const open = await requested(server);
  open.stream.on('data', () => undefined);
  const other = await requested(server);
  other.stream.respond({}, { endStream: true });
  await until(() => other.stream.destroyed && other.stream.eventNames().length === 0);
  expect(open.stream.listenerCount('data')).toBe(1);
});

test('once stopped it leaves streams alone', async () => {
  releaseEndedStreams()();
  const call = await requested(await openServer());
  call.stream.on('data', () => undefined);
  call.stream.respond({}, { endStream: true });
  await once(call.stream, 'close');
  await new Promise((resolve) => setImmediate(resolve));
  expect(call.stream.listenerCount('data')).toBe(1);
});
