import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../../bench/load/connection.ts';

/** Answers every call by what `handle` does with its stream; one connection of the lean client to it. */
async function connected(handle: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void) {
  const server: Http2Server = createServer({ settings: { initialWindowSize: 1_000 } });
  server.on('stream', handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const faults: string[] = [];
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = await Connection.open(address, (error) => faults.push(error.message));
  onTestFinished(() => {
    connection.close();
    server.close();
  });
  return { connection, faults, address };
}

function message(text: string): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(text.length, 1);
  return Buffer.concat([prefix, Buffer.from(text)]);
}

function unary(connection: Connection, request: Buffer): Promise<string[]> {
  const answers: string[] = [];
  return new Promise((resolve) => {
    const events = {
      message: (bytes: Buffer) => answers.push(bytes.toString()),
      ended: () => resolve(answers),
    };
    connection.send(connection.open('/a.Service/Call', events), request, true);
  });
}

test('a call has the headers of gRPC, and its answer is heard', async () => {
  let seen: IncomingHttpHeaders = {};
  const { connection, address } = await connected((stream, headers) => {
    seen = headers;
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.on('data', () => undefined);
    stream.on('end', () => stream.end(message('hello')));
  });
  expect(await unary(connection, message('x'))).toEqual(['hello']);
  expect(seen).toMatchObject({
    ':method': 'POST',
    ':path': '/a.Service/Call',
    ':authority': address,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
});

test('a call that fails has no answer', async () => {
  const { connection, faults } = await connected((stream) => {
    stream.respond({ 'grpc-status': '8' }, { endStream: true });
  });
  expect(await unary(connection, message('x'))).toEqual([]);
  expect(faults).toEqual([]);
});

test('what the server has no room for yet is sent when it has', async () => {
  let received = 0;
  const { connection } = await connected((stream) => {
    stream.respond({ 'content-type': 'application/grpc' });
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= 50 * 505) stream.end(message('all'));
    });
  });
  const answers: string[] = [];
  await new Promise<void>((resolve) => {
    const events = { message: (bytes: Buffer) => answers.push(bytes.toString()), ended: resolve };
    const streamId = connection.open('/a.Service/Call', events);
    for (let index = 0; index < 50; index += 1) connection.send(streamId, message('y'.repeat(500)), false);
  });
  expect(received).toBe(50 * 505);
  expect(answers).toEqual(['all']);
});

test('a connection that the server cuts is told of', async () => {
  const { connection, faults } = await connected((stream) => stream.session?.destroy());
  connection.open('/a.Service/Call', { message: () => undefined, ended: () => undefined });
  await expect.poll(() => faults.length).toBe(1);
});
